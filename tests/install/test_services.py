#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The examples for libvirt and systemd, run from an installation in a scratch root.
Argument: the guest program for arm64.

Each has a session of its own: a user without rights for libvirt, systemd's user manager in a mount
namespace of its own.
"""
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "guest"))

import cases  # noqa: E402 (found through the line above)
from vm import initramfs, kernel, paths, stock  # noqa: E402

GUEST = pathlib.Path(sys.argv[1]).resolve()
EXAMPLES = paths.SOURCE / "packaging"
NOBODY = 65534


def installed(folder):
    prefix = folder / "root/usr"
    subprocess.run([paths.SOURCE / "scripts/install", prefix], check=True, capture_output=True)
    return prefix


def need(*programs):
    for program in programs:
        if not shutil.which(program):
                raise cases.Skip(f"no {program}; scripts/install-deps services installs it")


def wait(what, condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        cases.expect(time.monotonic() < deadline, f"waited in vain: {what}")
        time.sleep(0.2)


# ---- libvirt ----


class Libvirt:
    """A session daemon of libvirt's, of a user who may do nothing else. Use with "with"."""

    def __init__(self):
        need("virsh", "libvirtd", "setpriv", "virt-xml-validate")
        # Its sockets' paths, far below, must be short.
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="pvg-"))
        self._environment = {"PATH": os.environ["PATH"], "HOME": str(self.home),
                             "XDG_RUNTIME_DIR": str(self.home / "run"), "LC_ALL": "C"}
        (self.home / "run").mkdir(mode=0o700)
        self._as_user = []
        if os.geteuid() == 0:
            self._as_user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]

    def __enter__(self):
        self.hand_over()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError, ValueError):
            os.kill(int((self.home / "run/libvirt/libvirtd.pid").read_text()), 15)
        shutil.rmtree(self.home, ignore_errors=True)

    def hand_over(self):
        """Gives what lies in the user's home to the user."""
        if self._as_user:
            for path in (self.home, *self.home.rglob("*")):
                os.chown(path, NOBODY, NOBODY)

    def run(self, *words, status=0):
        done = subprocess.run([*self._as_user, *[str(word) for word in words]], text=True,
                              env=self._environment, capture_output=True, timeout=120, cwd="/")
        if status is not None:
            cases.expect_same(done.returncode, status, f"{words}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def virsh(self, *words, **expected):
        return self.run("virsh", "-q", "-c", "qemu:///session", *words, **expected)

    def start(self, name, text):
        example = self.home / f"{name}.xml"
        example.write_text(text)
        self.hand_over()
        self.run("virt-xml-validate", example, "domain")
        self.virsh("define", example)
        return self.virsh("start", name, status=None)


def check_domain(virt, name, text, device):
    said = virt.start(name, text)
    if "-no-acpi: invalid option" in said:  # QEMU 9 has lost it, libvirt 9.2 has learnt so
        raise cases.Skip("libvirt is older than 9.2: it cannot start arm64 machines of QEMU 9 and newer")
    cases.expect_same(virt.virsh("domstate", name).strip(), "running", said)
    tree = virt.virsh("qemu-monitor-command", name, "--hmp", "info qtree")
    cases.expect(device in tree, f"no {device} in {tree}")
    virt.virsh("destroy", name)


def reachable(folder):
    """Lets others look into @folder."""
    for path in (folder, *folder.parents):
        if path.stat().st_uid == os.geteuid() and not path.stat().st_mode & 0o001:
            path.chmod(path.stat().st_mode | 0o011)


def example(name, prefix, home):
    text = (EXAMPLES / "libvirt" / name).read_text()
    for usual, here in (("/usr/libexec", prefix / "libexec"), ("/var/lib/vmapple/mac", home),
                        ("/run/vmapple-mac.vnc", home / "vnc"),
                        ("/usr/share/OVMF", home)):
        cases.expect(usual in text or "OVMF" in usual, f"{name} does not name {usual}")
        text = text.replace(usual, str(here))
    return text


def libvirt_starts_the_arm64_example(folder):
    with Libvirt() as virt:
        prefix = installed(folder)
        reachable(folder)
        for name, size in (("aux.img", (32 << 20) + (16 << 10)), ("disk.img", 1 << 20),
                           ("AVPBooter.vmapple2.bin", 1 << 16)):
            (virt.home / name).write_bytes(bytes(size))
        check_domain(virt, "mac-arm64", example("arm64.xml", prefix, virt.home), "apple-gfx-mmio")


def libvirt_starts_the_x86_64_example(folder):
    cases.need_qemu("amd64")
    with Libvirt() as virt:
        prefix = installed(folder)
        reachable(folder)
        stock.fetch()
        for name in ("OpenCore.img", "disk.img"):
            (virt.home / name).write_bytes(bytes(1 << 20))
        for name in ("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd"):
            shutil.copy(stock.FOLDER / "usr/share/OVMF" / name, virt.home)
        text = example("x86_64.xml", prefix, virt.home)
        # KVM's own needs are not what is tested.
        for line in ('type="kvm"', '<cpu mode="host-passthrough"/>'):
            cases.expect(line in text, line)
        text = text.replace('type="kvm"', 'type="qemu"').replace('<cpu mode="host-passthrough"/>', "")
        check_domain(virt, "mac-x86-64", text, "apple-gfx-pci")


# ---- systemd ----

# Only a booted systemd has this folder; the namespace ends with the manager.
MANAGER = """
mount -t tmpfs tmpfs /run/systemd || { mkdir -p /run/systemd && mount -t tmpfs tmpfs /run/systemd; }
mkdir -p /run/systemd/system && exec /lib/systemd/systemd --user
"""


class Manager:
    """systemd's manager of a user's units. Use with "with"."""

    def __init__(self, folder, prefix):
        need("systemctl", "unshare")
        self.home = folder / "home"
        units = self.home / ".config/systemd/user"
        units.mkdir(parents=True)
        shutil.copy(EXAMPLES / "systemd/vmapple@.service", units)
        runtime = folder / "run"
        runtime.mkdir(mode=0o700)
        self.environment = {"PATH": f"{prefix}/bin:{os.environ['PATH']}", "HOME": str(self.home),
                            "XDG_RUNTIME_DIR": str(runtime), "LC_ALL": "C"}
        self._log = folder / "systemd.log"
        self._process = None

    def __enter__(self):
        with self._log.open("w") as log:
            self._process = subprocess.Popen(["unshare", "-m", "sh", "-c", MANAGER],
                                             env=self.environment, stdout=log, stderr=log)
        bus = pathlib.Path(self.environment["XDG_RUNTIME_DIR"], "systemd/private")
        while not bus.exists():
            if self._process.poll() is not None:
                raise cases.Skip(f"no user manager of systemd's: {self._log.read_text()[-300:]}")
            time.sleep(0.1)
        self.run("systemctl", "--user", "import-environment", "PATH")
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(90)

    def run(self, *words, status=0):
        done = subprocess.run([str(word) for word in words], env=self.environment, text=True,
                              capture_output=True, timeout=120)
        if status is not None:
            cases.expect_same(done.returncode, status, f"{words}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr


def systemd_starts_and_stops_a_machine(folder):
    prefix = installed(folder)
    linux = kernel.fetch("arm64")
    archive = initramfs.build(linux, "arm64", GUEST, folder / "initramfs.cpio")
    with Manager(folder, prefix) as manager:
        manager.run("vmapple", "create", "lin", "--memory", "512M", "--disk", "1M", "--cpus", "1",
                    "--kernel", linux.image, "--initrd", archive, "--append",
                    "console=ttyAMA0 quiet panic=-1 -- task=check checks=rtc-pl031 cpus=1")
        manager.run("systemctl", "--user", "start", "vmapple@lin")
        log = next(manager.home.rglob("lin/machine.conf")).with_name("console.log")
        wait(f"{log}", lambda: log.exists() and "ready: power-key" in log.read_text(errors="replace"))
        cases.expect("running" in manager.run("vmapple", "info", "lin"), "it does not run")
        manager.run("systemctl", "--user", "stop", "vmapple@lin")
        cases.expect("power-key: ok" in log.read_text(errors="replace"), "no power key")
        cases.expect_same(manager.run("systemctl", "--user", "is-active", "vmapple@lin",
                                      status=None).strip(), "inactive", "unit")


cases.run(
    libvirt_starts_the_arm64_example,
    libvirt_starts_the_x86_64_example,
    systemd_starts_and_stops_a_machine,
    needs=paths.BUILD / "qemu/qemu-system-aarch64")
