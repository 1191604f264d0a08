//! Hosts on this machine: network namespaces with names of their own, joined by a bridge.

use std::process::Command;

/// Hosts that reach this machine and one another; they go when this is dropped.
pub struct Hosts {
    bridge: String,
    names: Vec<&'static str>,
    /// The first three numbers of their addresses.
    net: String,
}

impl Hosts {
    /// These hosts, where the system allows it (it takes the rights of root, and `ip`).
    pub fn start(names: &[&'static str]) -> Option<Self> {
        let number = std::process::id();
        let (bridge, net) = (format!("mh{number}"), format!("10.77.{}", number % 250));
        let hosts = Self { bridge, names: names.to_vec(), net };
        hosts.connect().then_some(hosts)
    }

    fn connect(&self) -> bool {
        let Self { bridge, net, .. } = self;
        let mut commands = vec![
            format!("link add {bridge} type bridge"),
            format!("addr add {net}.1/24 dev {bridge}"),
            format!("link set {bridge} up"),
        ];
        for (at, name) in (2..).zip(&self.names) {
            let space = self.space(name);
            commands.extend([
                format!("netns add {space}"),
                format!("link add {bridge}v{at} type veth peer name eth0 netns {space}"),
                format!("link set {bridge}v{at} master {bridge} up"),
                format!("-n {space} addr add {net}.{at}/24 dev eth0"),
                format!("-n {space} link set eth0 up"),
                format!("-n {space} link set lo up"),
            ]);
        }
        commands.iter().all(|command| ip(command))
    }

    /// The address of this machine, as they see it.
    pub fn this(&self) -> String {
        format!("{}.1", self.net)
    }

    /// The address of a host.
    pub fn address(&self, name: &str) -> String {
        let at = self.names.iter().position(|known| *known == name).unwrap();
        format!("{}.{}", self.net, at + 2)
    }

    /// What runs a program on a host: it becomes the program.
    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new("nsenter");
        // Not `ip netns exec`, which hides control groups.
        command.arg(format!("--net=/run/netns/{}", self.space(name)));
        command.args(["unshare", "--uts", "sh", "-c", "hostname \"$0\" && exec \"$@\"", name]);
        command
    }

    fn space(&self, name: &str) -> String {
        format!("{}-{name}", self.bridge)
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for name in &self.names {
            ip(&format!("netns del {}", self.space(name)));
        }
        ip(&format!("link del {}", self.bridge));
    }
}

fn ip(command: &str) -> bool {
    let output = Command::new("ip").args(command.split(' ')).output();
    output.is_ok_and(|output| output.status.success())
}
