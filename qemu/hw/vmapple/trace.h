#include "trace/trace-hw_vmapple.h"
