#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The code for KVM runs: our QEMU for arm64, with KVM, in an emulated arm64 machine with stock Linux;
in it the guest that does what macOS does. Long: "make test-long"."""
import cases
from vm import initramfs, kernel, paths
from vm.machine import Machine

QEMU = paths.BUILD / "qemu-arm64/qemu-system-aarch64"
# What KVM shows of the CPU is the host's, but for what can be lowered; and libpvg is not there.
NOT_UNDER_KVM = ["ids", "gpu-start", "gpu-displays", "gpu-submit", "gpu-start-again", "gpu-show",
                 "gpu-cursor"]
LAST = "pvpanic"


def boot(folder, cpus, *extra):
    """Boots Linux, in it QEMU with KVM, in that the model guest."""
    for program, maker in ((paths.qemu("arm64"), "make qemu"), (QEMU, "qemu/cross-arm64")):
        if not program.exists():
            raise cases.Skip(f"no {program}; {maker} builds it")
    files = {"init": cases.guest_program("nested-init").read_bytes(), "qemu": QEMU.read_bytes(),
             "model": cases.guest_program("xnu-model").read_bytes(),
             "aux": b"aux".ljust(1 << 20, b"\0"),
             "root": b"EFI PART".ljust(512, b"\0").rjust(3 << 20, b"\0")}
    arguments = ["/qemu", "-M", "vmapple,gfx=off", "-accel", "kvm", "-cpu", "host", "-smp", cpus,
                 "-m", 256, "-nodefaults", "-display", "none", "-monitor", "none", "-serial",
                 "stdio", "-kernel", "/model", "-blockdev",
                 "driver=file,filename=/aux,node-name=aux,locking=off", "-device",
                 "vmapple-virtio-blk-pci,variant=aux,drive=aux,share-rw=on"]
    for disk in ("aux", "root"):
        arguments += ["-drive", f"if=pflash,format=raw,file.filename=/{disk},file.locking=off"]
    files["arguments"] = " ".join(str(word) for word in [*arguments, *extra]).encode()
    initrd = initramfs.pack(files, folder / "initrd")
    return Machine(paths.qemu("arm64"),
                   ["-M", "virt,virtualization=on,gic-version=3", "-cpu",
                    "max,sve=off,sme=off,lpa2=off", "-smp", cpus, "-m", "1G", "-nodefaults",
                    "-display", "none", "-kernel", kernel.fetch("arm64").image, "-initrd", initrd,
                    "-append", "console=ttyAMA0 quiet"], folder / "console.log")


def verdicts(running):
    """What the guest reports, up to its last step without a GPU."""
    cases.expect_same(running.wait_line(r"^(no )?KVM", timeout=120)[0], "KVM", "the host's kernel")
    found = {}
    while LAST not in found:
        name, verdict = running.wait_line(r"^([\w-]+): (ok|FAILED .*)$", timeout=120).groups()
        found[name] = verdict
    return found


def expect_all(found, **failures):
    for name, verdict in found.items():
        if name not in NOT_UNDER_KVM:
            cases.expect_same(verdict, failures.get(name, "ok"), name)
    for name in ("pac-keys", "gic", "timer", "smp", "pac-cpus", "virtio-blk"):
        cases.expect(name in found, f"no step {name}")


def one_cpu_boots_under_kvm(folder):
    with boot(folder, 1) as running:
        expect_all(verdicts(running))


def four_cpus_boot_under_kvm(folder):
    with boot(folder, 4) as running:
        expect_all(verdicts(running))


def kvms_counter_is_not_24_mhz_so_the_tree_must_be_corrected(folder):
    off = ["-global", "vmapple-hypervisor.correct-time-base=off"]
    with boot(folder, 1, *off) as running:
        expect_all(verdicts(running), clock="FAILED the clock runs 41 times too fast")


cases.run(
    one_cpu_boots_under_kvm,
    four_cpus_boot_under_kvm,
    kvms_counter_is_not_24_mhz_so_the_tree_must_be_corrected,
    needs=None)
