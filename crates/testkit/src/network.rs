//! Machines with wires between them that a test may cut: network namespaces, for as long as the
//! test process lives. What is listened to or connected to, and every program that is started, inside
//! a machine is on its network alone.
#![allow(
    clippy::disallowed_methods,
    reason = "networks are made by the system's own programs"
)]

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// A machine. Its network goes when its first process ends, which does when its input does.
pub struct Machine {
    first: Child,
    network: File,
}

/// Some machines, each with two wires to a hub in the middle: one where clients come, and one to what
/// the machines share.
pub struct Network {
    hub: Machine,
    machines: Vec<Machine>,
}

/// The address of the hub on the wires where clients come.
pub const HUB: &str = "10.77.1.1";

/// The address of a machine on the wire where clients come.
pub fn front(machine: usize) -> String {
    format!("10.77.1.{}", 10 + machine)
}

/// The address of a machine on the wire to what the machines share.
pub fn back(machine: usize) -> String {
    format!("10.77.2.{}", 10 + machine)
}

impl Machine {
    /// `None` where this user may not make one.
    fn new() -> Option<Self> {
        let mut first = Command::new("unshare")
            .args(["--net", "sh", "-c", "echo; cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let told = first.stdout.take()?.read(&mut [0; 1]).ok()?;
        let network = File::open(format!("/proc/{}/ns/net", first.id())).ok()?;
        (told == 1).then_some(Self { first, network })
    }

    /// Does something on this machine's network.
    ///
    /// # Panics
    /// When that does.
    pub fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let there = || {
            move_into_link_name_space(self.network.as_fd(), Some(LinkNameSpaceType::Network))
                .unwrap_or_else(|error| panic!("a network that was made: {error}"));
            work()
        };
        std::thread::scope(|scope| match scope.spawn(there).join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    }

    /// Runs lines of `ip`.
    fn ip(&self, lines: &str) {
        self.inside(|| {
            let mut ip = Command::new("ip")
                .args(["-batch", "-"])
                .stdin(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap_or_else(|error| panic!("ip (Debian: iproute2): {error}"));
            if let Some(mut input) = ip.stdin.take() {
                input
                    .write_all(lines.as_bytes())
                    .unwrap_or_else(|error| panic!("ip: {error}"));
            }
            let output = ip.wait_with_output();
            let is_done = output.as_ref().is_ok_and(|output| output.status.success());
            assert!(is_done, "ip: {lines}: {output:?}");
        });
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        drop(self.first.stdin.take());
        self.first
            .wait()
            .unwrap_or_else(|error| panic!("a machine did not end: {error}"));
    }
}

impl Network {
    /// So many machines; `None` where this user may not make them.
    ///
    /// # Panics
    /// When they cannot be wired.
    pub fn new(machines: usize) -> Option<Self> {
        let hub = Machine::new()?;
        let made: Option<Vec<_>> = (0..machines).map(|_| Machine::new()).collect();
        let machines = made?;
        hub.ip(&format!(
            "link set lo up\nlink add front type bridge\nlink add back type bridge\n\
             addr add {HUB}/24 dev front\nlink set front up\nlink set back up\n"
        ));
        for (number, machine) in machines.iter().enumerate() {
            for (wire, address) in [("front", front(number)), ("back", back(number))] {
                hub.ip(&format!(
                    "link add name {wire}{number} type veth peer name {wire} netns {first}\n\
                     link set {wire}{number} master {wire}\nlink set {wire}{number} up\n",
                    first = machine.first.id()
                ));
                machine.ip(&format!(
                    "link set lo up\naddr add {address}/24 dev {wire}\nlink set {wire} up\n"
                ));
            }
        }
        Some(Self { hub, machines })
    }

    /// Where the clients are.
    pub fn hub(&self) -> &Machine {
        &self.hub
    }

    /// One of the machines.
    pub fn machine(&self, number: usize) -> &Machine {
        &self.machines[number]
    }

    /// What a machine and those it shares something with send each other is lost.
    pub fn cut(&self, machine: usize) {
        self.hub.ip(&format!("link set back{machine} nomaster\n"));
    }

    /// The wire is whole again.
    pub fn mend(&self, machine: usize) {
        self.hub
            .ip(&format!("link set back{machine} master back\n"));
    }

    /// What one machine answers another is lost; what that one sends arrives.
    pub fn mute(&self, machine: usize, towards: usize) {
        let route = format!("route add blackhole {}/32\n", back(towards));
        self.machines[machine].ip(&route);
    }

    /// It is heard again.
    pub fn unmute(&self, machine: usize, towards: usize) {
        let route = format!("route del blackhole {}/32\n", back(towards));
        self.machines[machine].ip(&route);
    }
}
