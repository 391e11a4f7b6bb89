"""Slurm's own daemons on this machine: a controller and some nodes, in a folder of their own, with ports that are free."""

import glob
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))
from ports import free_ports

PROGRAMS = ["munged", "slurmctld", "slurmd", "sbatch", "squeue", "sinfo"]

CONFIGURATION = """
ClusterName=oto
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=1
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=5
KillWait=2
MailProg=/bin/true
"""


def missing():
    """The programs that are not installed."""
    return [name for name in PROGRAMS if not shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")]


class Slurm:
    """Runs as root, as the daemons want; nodes are called n0, n1, ..."""

    def __init__(self, folder, nodes):
        self.folder, self.nodes = str(folder), [f"n{i}" for i in range(nodes)]
        os.chmod(folder, 0o755)
        os.mkdir(f"{folder}/state")
        ports = free_ports(nodes + 1)
        host = socket.gethostname().split(".")[0]
        path = f"{folder}/slurm.conf"
        with open(path, "w") as file:
            file.write(CONFIGURATION.format(host=host, ports=ports, folder=folder))
            for name, port in zip(self.nodes, ports[1:]):
                os.mkdir(f"{folder}/spool-{name}")
                file.write(f"NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=1 State=UNKNOWN\n")
            file.write("PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP\n")
        self.environment = dict(os.environ, SLURM_CONF=path, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin")
        with open(f"{folder}/key", "wb") as file:
            file.write(os.urandom(1024))
        os.chmod(f"{folder}/key", 0o600)

    def start(self):
        """Raises RuntimeError with what the daemons said when they do not come up."""
        self.run("munged", "--force", "--num-threads=1", *(f"--{what}={self.folder}/{name}" for what, name in [
            ("key-file", "key"), ("socket", "munge.socket"), ("pid-file", "munged.pid"), ("log-file", "munged.log"),
            ("seed-file", "munge.seed")]))
        self.run("slurmctld", "-c")
        for node in self.nodes:
            self.run("slurmd", "-N", node)
        for _ in range(150):
            if self.run("sinfo", "--noheader", "--Node", "--format=%t").split() == ["idle"] * len(self.nodes):
                return
            time.sleep(0.2)
        raise RuntimeError(f"the nodes do not come up: {self.run('sinfo')}{self.logs()}")

    def run(self, *words):
        done = subprocess.run(words, env=self.environment, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)}: {done.stdout}{done.stderr}{self.logs()}")
        return done.stdout

    def logs(self):
        texts = []
        for path in glob.glob(f"{self.folder}/*.log"):
            with open(path, errors="replace") as file:
                texts.append(f"\n---- {path}\n{file.read()[-2000:]}")
        return "".join(texts)

    def running_on(self, node):
        return [int(index) for index in self.run("squeue", "-h", "-r", "-t", "running", "-w", node, "-o", "%K").split()]

    def pull_the_plug(self, node):
        """Ends a node's daemon and all that runs on it at once."""
        with open(f"{self.folder}/{node}.pid") as file:
            kill(int(file.read()))
        mark = f"SLURMD_NODENAME={node}\0".encode()
        own = f"SLURM_CONF={self.folder}/slurm.conf".encode()
        for path in glob.glob("/proc/[0-9]*/environ"):
            try:
                with open(path, "rb") as file:
                    environment = file.read()
            except OSError:
                continue
            if mark in environment and own in environment:
                kill(int(path.split("/")[2]))

    def stop(self):
        """Ends the daemons and waits until they have left their folder, ten seconds at most."""
        pids = []
        for name in [*self.nodes, "slurmctld", "munged"]:
            try:
                with open(f"{self.folder}/{name}.pid") as file:
                    pids.append(int(file.read()))
            except (OSError, ValueError):
                continue  # it did not come up, or its plug was pulled
            kill(pids[-1], signal.SIGTERM)
        end = time.monotonic() + 10
        while any(os.path.exists(f"/proc/{pid}") for pid in pids) and time.monotonic() < end:
            time.sleep(0.05)


def kill(pid, how=signal.SIGKILL):
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        pass
