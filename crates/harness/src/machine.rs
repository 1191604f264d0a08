//! The machine that this runs on.

use std::fs;

use serde::{Deserialize, Serialize};

/// A machine, as far as results may depend on it and as it is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Machine {
    /// Its name in the network.
    pub host: String,
    /// The processor's name.
    pub cpu: String,
    /// Operating system and architecture.
    pub platform: String,
    /// The wide instructions that the processor has.
    pub features: Vec<String>,
}

impl Machine {
    /// The machine that this runs on.
    pub fn this() -> Self {
        Self {
            host: host(),
            cpu: cpu_model().unwrap_or_else(|| "unknown processor".into()),
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            features: features().into_iter().map(Into::into).collect(),
        }
    }
}

/// The name of this machine, where the system tells it.
pub fn host() -> String {
    let kernel = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let named = ["HOSTNAME", "COMPUTERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    let host = kernel.or(named).map(|name| name.trim().to_owned());
    host.filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown host".into())
}

/// The processor's name, where the system tells it.
fn cpu_model() -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Those of the instruction sets that numerical libraries choose between.
#[cfg(target_arch = "x86_64")]
fn features() -> Vec<&'static str> {
    let mut found = Vec::new();
    macro_rules! look {
        ($($name:tt),*) => {
            $(if std::arch::is_x86_feature_detected!($name) { found.push($name); })*
        };
    }
    look!("sse4.1", "avx", "avx2", "fma", "avx512f");
    found
}

/// Those of the instruction sets that numerical libraries choose between.
#[cfg(not(target_arch = "x86_64"))]
fn features() -> Vec<&'static str> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_has_a_name_and_is_the_same_every_time() {
        let machine = Machine::this();
        assert!(!machine.host.is_empty() && machine == Machine::this());
        let json = serde_json::to_string(&machine).unwrap();
        assert_eq!(serde_json::from_str::<Machine>(&json).unwrap(), machine);
    }
}
