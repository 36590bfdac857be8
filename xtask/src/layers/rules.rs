//! The rules about dependencies.

use serde_json::Value;

use super::{FOREIGN, NO_RUNTIME_UP_TO, RUNTIMES, STARRED, STARRED_SEE, beside, floor};

/// A crate of ours and what its manifest names.
pub(super) struct Package {
    pub(super) room: String,
    pub(super) uses: Vec<Use>,
}

/// One dependency.
pub(super) struct Use {
    pub(super) name: String,
    pub(super) in_tests_only: bool,
}

impl Use {
    /// The room that is used, if it is ours.
    fn room(&self) -> Option<&str> {
        self.name.strip_prefix("countersign-")
    }
}

/// Reads our crates from the words of `cargo metadata`; tools are none of the rooms.
pub(super) fn packages(metadata: &Value) -> Result<Vec<Package>, String> {
    let list = metadata.get("packages").and_then(Value::as_array).ok_or("cargo metadata has no packages")?;
    let ours = list.iter().filter(|package| package.get("source").is_none_or(Value::is_null));
    let mut packages = Vec::new();
    for package in ours {
        let name = text(package, "name")?;
        if ["xtask", "bench"].contains(&name) {
            continue;
        }
        let room = if name == "countersign" { "bins/countersign" } else { room_of(name)? };
        let dependencies = package.get("dependencies").and_then(Value::as_array);
        let dependencies = dependencies.ok_or_else(|| format!("{name} has no dependencies"))?;
        let uses = dependencies.iter().map(read_use).collect::<Result<_, _>>()?;
        packages.push(Package { room: room.to_owned(), uses });
    }
    packages.sort_by(|one, other| one.room.cmp(&other.room));
    Ok(packages)
}

/// Says what breaks a rule.
pub(super) fn faults(packages: &[Package]) -> Vec<String> {
    let mut faults = Vec::new();
    for package in packages {
        let room = package.room.as_str();
        if floor(room).is_none() && beside(room).is_none() {
            faults.push(format!("{room} has no floor: give it one in xtask/src/layers.rs"));
            continue;
        }
        for used in &package.uses {
            let fault = match used.room() {
                Some(_) if used.in_tests_only => None,
                Some(other) => own_fault(room, other),
                None => foreign_fault(room, used),
            };
            faults.extend(fault.map(|why| format!("{room} names {}: {why}", used.name)));
        }
    }
    faults
}

fn own_fault(room: &str, other: &str) -> Option<String> {
    if let Some(place) = beside(other) {
        return match place.seen_by {
            _ if place.seen_by.contains(&room) => None,
            [] => Some("it is for tests alone, a dev-dependency".to_owned()),
            others => Some(format!("only {} may", others.join(" and "))),
        };
    }
    if let Some(place) = beside(room) {
        let seen = place.sees.contains(&other);
        return (!seen).then(|| format!("it may see {} only", place.sees.join(", ")));
    }
    if STARRED.contains(&other) && room != "server" {
        return Some("only server and tests may".to_owned());
    }
    let (Some(here), Some(there)) = (floor(room), floor(other)) else {
        return Some("it has no floor in xtask/src/layers.rs".to_owned());
    };
    if STARRED.contains(&room) && there > STARRED_SEE {
        return Some(format!("it is on floor {there}, and {room} implements floors 0 to {STARRED_SEE}"));
    }
    (there >= here).then(|| format!("floor {here} may not see floor {there}"))
}

fn foreign_fault(room: &str, used: &Use) -> Option<String> {
    let name = used.name.as_str();
    let listed = FOREIGN.iter().find(|(foreign, _)| *foreign == name).map(|(_, rooms)| *rooms);
    let named = listed.is_some_and(|rooms| rooms.contains(&room));
    if RUNTIMES.contains(&name) && floor(room).map_or(!named, |floor| floor <= NO_RUNTIME_UP_TO) {
        return Some("only floor 8 and above have a runtime".to_owned());
    }
    let rooms = listed?;
    if used.in_tests_only || named {
        return None;
    }
    match rooms {
        [] => Some("no crate may".to_owned()),
        rooms => Some(format!("it belongs into {} alone", rooms.join(", "))),
    }
}

fn room_of(name: &str) -> Result<&str, String> {
    name.strip_prefix("countersign-")
        .ok_or_else(|| format!("the package {name} lacks the prefix countersign-"))
}

fn read_use(dependency: &Value) -> Result<Use, String> {
    let in_tests_only = dependency.get("kind").and_then(Value::as_str) == Some("dev");
    Ok(Use { name: text(dependency, "name")?.to_owned(), in_tests_only })
}

fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str, String> {
    value
        .get(name)
        .and_then(Value::as_str)
        .ok_or_else(|| format!("cargo metadata has a package without {name}"))
}
