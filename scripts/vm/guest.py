# SPDX-License-Identifier: MIT
"""The platform guest: our program on a stock kernel, with disks that it knows.

A Guest is what to boot; guest.start() boots it, as often as wanted. follow_report() plays the
host's part while the guest runs its checks.
"""
import pathlib
import subprocess
import time

from . import disks, initramfs, kernel, paths
from .machine import Machine

ECID = 0x1234567890ABCDEF
ROOT_SECTORS = 10240
AUX_SECTORS = 2047  # an odd size: capacities are the image's own, not constants
DISK_SECTORS = 4096
WRITTEN_AT, WRITTEN, SHIFTED = 64, 8, 1000  # what the guest writes: see guest/platform/disk.c


class Board:
    """A machine type: what differs from one to the other."""

    def __init__(self, arch, arguments, console="ttyAMA0", bdif=False, checks=None, gpu=None):
        self.arch, self.arguments, self.console = arch, arguments, console
        self.gpu = gpu  # QEMU's path to it; None: there is none
        self.bdif = bdif  # has the two disks of the boot backdoor
        self.checks = checks  # those that it can pass; None: all


_USB = ["-device", "qemu-xhci", "-device", "usb-kbd", "-device", "usb-tablet"]
_COMMON_CHECKS = ["cpus", "virtio-blk", "pci-msi", "pci-intx", "virtio-net", "usb-keyboard",
                  "usb-tablet"]

BOARDS = {
    "vmapple": Board("arm64", ["-M", f"vmapple,uuid={ECID:#x}"], bdif=True, gpu="/machine/gpu"),
    # What it is measured against: the same kernel, CPU (-M vmapple takes these off) and devices.
    "virt": Board("arm64", ["-M", "virt,gic-version=3", "-cpu", "max,sve=off,sme=off", *_USB],
                  checks=[*_COMMON_CHECKS, "rtc-pl031"]),
    # The PCI form of the GPU, as x86-64 guests see it.
    "q35": Board("amd64", ["-M", "q35", "-cpu", "max", "-vga", "none",
                           "-device", "apple-gfx-pci,id=gpu", *_USB],
                 console="ttyS0", checks=[*_COMMON_CHECKS, "framebuffer", "present"],
                 gpu="/machine/peripheral/gpu"),
    # The same without a GPU: pvg-server is to bring it, and maps its memory.
    "q35-shared": Board("amd64", ["-M", "q35,memory-backend=ram0", "-cpu", "max", *_USB],
                        console="ttyS0"),
}


def apple_shaders():
    """Shaders that Apple's compiler made, for the demo, where somebody put them beside the sources."""
    folder = paths.SOURCE / "../shared/fixtures/air/reims"
    files = {"apple/vertex.metallib": folder / "render_stagein_vtx.mtlb",
             "apple/fragment.metallib": folder / "render_stagein_frag.mtlb"}
    return {name: path for name, path in files.items() if path.exists()}


class Guest:
    """@folder holds its disks, its console's log and its screenshot.

    @board names one of BOARDS. @snapshots makes disk images that can store snapshots of the
    machine. @program is the guest program, where it is not the release build's. @task lists what it
    does, @options are more of its words: {"frames": 60}.
    """

    def __init__(self, folder, board="vmapple", task="check", cpus=1, ram_mib=512, msi=True,
                 snapshots=False, display="none", accel="tcg", program=None, options=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.board = BOARDS[board]
        self._task, self._cpus, self._ram_mib, self._msi = task, cpus, ram_mib, msi
        self._snapshots, self._display, self._accel = snapshots, display, accel
        self._options = options or {}
        arch = self.board.arch
        self._kernel = kernel.fetch(arch)
        self._initramfs = initramfs.build(self._kernel, arch, program or paths.guest_program(arch),
                                          self.folder / "initramfs.cpio", apple_shaders())
        self._images = {
            "aux": disks.write(self.folder / "aux.img", "aux_", AUX_SECTORS),
            "root": disks.write(self.folder / "root.img", "root", ROOT_SECTORS),
            "msi": disks.write(self.folder / "msi.img", "msi_", DISK_SECTORS),
            "intx": disks.write(self.folder / "intx.img", "intx", DISK_SECTORS),
        }
        if snapshots:
            for name, raw in self._images.items():
                self._images[name] = _to_qcow2(raw)

    def start(self, log="console.log", extra=()):
        """A running Machine; use with "with"."""
        return Machine(paths.qemu(self.board.arch), self.arguments() + list(extra),
                       self.folder / log)

    def arguments(self):
        """QEMU's command line."""
        arguments = [
            *self.board.arguments, "-accel", self._accel, "-smp", self._cpus, "-m", self._ram_mib,
            "-monitor", "none", "-no-reboot", "-display", self._display,
            "-kernel", self._kernel.image, "-initrd", self._initramfs,
            "-append", self._command_line(),
            *self._disk("msi", "serial=msi_"), *self._disk("intx", "serial=intx,vectors=0"),
            "-global", "virtio-net-pci.romfile=", "-nic", "user,restrict=on,model=virtio-net-pci"]
        if self.board.bdif:
            for name in ("aux", "root"):
                arguments += ["-drive", f"if=pflash,{self._file(name)}"]
        if not self._msi:
            arguments += ["-M", "msi=off"]
        return arguments

    def _file(self, name):
        return f"format={'qcow2' if self._snapshots else 'raw'},file={self._images[name]}"

    def _disk(self, name, properties):
        return ["-drive", f"if=none,id={name},{self._file(name)}",
                "-device", f"virtio-blk-pci,drive={name},{properties}"]

    def _command_line(self):
        words = [f"console={self.board.console}", "quiet", "iomem=relaxed", "panic=-1", "--",
                 f"task={self._task}", f"cpus={self._cpus}", f"ram={self._ram_mib << 20}",
                 f"ecid={ECID:#x}", f"now={int(time.time())}",
                 f"root-sectors={ROOT_SECTORS}", f"aux-sectors={AUX_SECTORS}"]
        words += [f"{name}={value}" for name, value in self._options.items()]
        if not self._msi:
            words.append("msi=off")
        if self.board.checks:
            words.append("checks=" + ",".join(self.board.checks))
        return " ".join(words)

    def disk_failure(self):
        """What is wrong with the disks that the guest wrote, in a sentence; None if nothing is."""
        for name, pattern in (("msi", "msi_"), ("intx", "intx")):
            wanted = b"".join(disks.sector(pattern, SHIFTED + i) for i in range(WRITTEN))
            with self._images[name].open("rb") as image:
                image.seek(WRITTEN_AT * disks.SECTOR)
                if image.read(len(wanted)) != wanted:
                    return f"{self._images[name]} does not hold what the guest wrote"
        return None


def _to_qcow2(raw):
    image = raw.with_suffix(".qcow2")
    subprocess.run([paths.QEMU_IMG, "convert", "-f", "raw", "-O", "qcow2", raw, image], check=True)
    raw.unlink()
    return image


def follow_report(machine, show=lambda line: None, timeout=120, hold=lambda: None):
    """Answers the guest's checks until it waits for the power key.

    Types and points when the guest is ready for it; calls @hold where the guest holds its picture.
    Returns {name: "ok" or "FAILED ..."}.
    """
    verdicts = {}
    while True:
        line = machine.wait_line(r"^ready: |^demo-frames: |^presented |^[\w-]+: (ok|FAILED)", timeout).string
        if line == "ready: usb-keyboard":
            machine.press("m", "a", "c")
        elif line == "ready: usb-tablet":
            machine.point(0x1234, 0x5678)
        elif line == "ready: hold":
            hold()
            machine.press("ret")
        elif line == "ready: power-key":
            return verdicts
        elif line.startswith(("demo-frames", "presented")):
            show(line)
        else:
            name, verdict = line.split(": ", 1)
            verdicts[name] = verdict
            show(line)


def gpu_statistics(machine, board):
    """The GPU's counters: {"packets": 12, "refused.RANGE": 0, ...}."""
    return machine.qmp("qom-get", path=BOARDS[board].gpu, property="statistics")


def power_off(machine, timeout=60):
    """Presses the power key and waits for the end; what the guest said about the key."""
    machine.qmp("system_powerdown")
    line = machine.wait_line(r"^power-key: ", timeout).string
    machine.wait_end(timeout)
    return line
