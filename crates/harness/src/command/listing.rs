//! What can be run, and what a run leaves out.

use std::fmt::Write;

use super::plan::Plan;
use crate::registry::Registry;

/// Every group and experiment, with the claims that it checks.
pub fn list(registry: &Registry) -> String {
    let mut text = String::new();
    for group in registry.groups() {
        let default = if group == registry.default_group() { " (runs by default)" } else { "" };
        // Writing to a string can't fail.
        let _ = writeln!(text, "group {group}{default}");
        for entry in registry.all().iter().filter(|e| e.experiment.about().group == group) {
            let (about, claims) = (entry.experiment.about(), entry.experiment.claims());
            let claims: Vec<_> = claims.iter().map(|claim| claim.key).collect();
            let _ = writeln!(text, "  {:<22} {}", about.name, about.title);
            let _ = writeln!(text, "  {:<22} checks {}", "", claims.join(", "));
        }
        for row in registry.elsewhere().filter(|row| row.group == group) {
            let _ = writeln!(text, "  {:<22} {} (built on demand)", row.name, row.title);
        }
    }
    text
}

/// What a run of this plan leaves out.
pub fn also(plan: &Plan, registry: &Registry) -> String {
    let mut others = Vec::new();
    for group in registry.groups() {
        let here = registry.all().iter().map(|entry| entry.experiment.about());
        let names = here.filter(|about| about.group == group).map(|about| about.name);
        let elsewhere = registry.elsewhere().filter(|row| row.group == group).map(|row| row.name);
        let names: Vec<_> = names.chain(elsewhere).collect();
        let left: Vec<_> = names.iter().filter(|name| plan.find(name).is_none()).copied().collect();
        if left.len() == names.len() {
            others.push(group);
        } else {
            others.extend(left);
        }
    }
    let more = if others.is_empty() {
        String::new()
    } else {
        format!(
            " {} (by their names; --all is every experiment but those that are built on demand);",
            others.join(", ")
        )
    };
    let hint = registry.hint();
    let hint = if hint.is_empty() { String::new() } else { format!("; {hint}") };
    format!("More:{more} --list shows every experiment{hint}.\n")
}
