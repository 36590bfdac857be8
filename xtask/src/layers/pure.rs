//! What the lower floors are made of, down to the last crate of others.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use super::{NO_RUNTIME_UP_TO, floor};

/// The foreign worlds that no floor up to [`NO_RUNTIME_UP_TO`] reaches, through whatever crate. What begins
/// with the name belongs to it.
const WORLDS: [(&str, &[&str]); 4] = [
    ("OpenSSL", &["openssl", "native-tls", "josekit"]),
    ("tokio", &["tokio", "mio"]),
    ("actix", &["actix"]),
    ("diesel", &["diesel", "libsqlite3-sys", "pq-sys"]),
];

/// What one of our crates is made of.
pub(super) struct Made {
    pub(super) room: String,
    /// The crates that it is compiled with: ours and those of others.
    ours: usize,
    others: usize,
    /// For each of [`WORLDS`] the way to it, if there is one: crate after crate.
    ways: [Option<Vec<String>>; WORLDS.len()],
}

/// The crates that each one names, for use and for building and not for tests.
struct Graph {
    names: BTreeMap<String, String>,
    uses: BTreeMap<String, Vec<String>>,
}

/// Follows the whole graph of `cargo metadata` from each crate of the lower floors.
pub(super) fn follow(metadata: &Value) -> Result<Vec<Made>, String> {
    let graph = read(metadata).ok_or("cargo metadata has no graph")?;
    let mut made = Vec::new();
    for (id, name) in &graph.names {
        let room = name.strip_prefix("countersign-");
        let Some(room) = room.filter(|room| floor(room).is_some_and(|floor| floor <= NO_RUNTIME_UP_TO))
        else {
            continue;
        };
        made.push(follow_one(&graph, id, room));
    }
    made.sort_by(|one, other| (floor(&one.room), &one.room).cmp(&(floor(&other.room), &other.room)));
    Ok(made)
}

/// Says which crate reaches a world that it must not, and how.
pub(super) fn faults(made: &[Made]) -> Vec<String> {
    let reached = made.iter().flat_map(|made| made.ways.iter().zip(WORLDS).map(move |way| (made, way)));
    reached
        .filter_map(|(made, (way, (world, _)))| {
            Some(format!("{} reaches {world}: {}", made.room, way.as_ref()?.join(" > ")))
        })
        .collect()
}

/// The table that the command prints.
pub(super) fn table(made: &[Made]) -> String {
    let mut text = format!("{:<24}{:>6}{:>8}", "crate", "ours", "others");
    for (world, _) in WORLDS {
        let _ = write!(text, "{world:>10}");
    }
    text.push('\n');
    for made in made {
        let _ = write!(text, "{:<24}{:>6}{:>8}", made.room, made.ours, made.others);
        for way in &made.ways {
            let _ = write!(text, "{:>10}", if way.is_some() { "REACHED" } else { "free" });
        }
        text.push('\n');
    }
    text
}

fn follow_one(graph: &Graph, id: &str, room: &str) -> Made {
    let mut from: BTreeMap<&str, Option<&str>> = BTreeMap::from([(id, None)]);
    let mut open = vec![id];
    while let Some(next) = open.pop() {
        for used in graph.uses.get(next).into_iter().flatten() {
            if !from.contains_key(used.as_str()) {
                from.insert(used, Some(next));
                open.push(used);
            }
        }
    }
    let name = |id: &str| graph.names.get(id).cloned().unwrap_or_default();
    let way = |begins: &[&str]| {
        let reached = from.keys().find(|id| begins.iter().any(|begin| name(id).starts_with(begin)))?;
        let mut way = vec![name(reached)];
        let mut here = *reached;
        while let Some(Some(before)) = from.get(here) {
            way.push(name(before));
            here = before;
        }
        way.reverse();
        Some(way)
    };
    let reached: BTreeSet<String> =
        from.keys().filter(|reached| **reached != id).map(|id| name(id)).collect();
    let ours = reached.iter().filter(|name| name.starts_with("countersign")).count();
    let ways = WORLDS.map(|(_, begins)| way(begins));
    Made { room: room.to_owned(), ours, others: reached.len() - ours, ways }
}

fn read(metadata: &Value) -> Option<Graph> {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let packages = metadata.get("packages")?.as_array()?;
    let names = packages.iter().filter_map(|package| Some((text(package, "id")?, text(package, "name")?)));
    let nodes = metadata.get("resolve")?.get("nodes")?.as_array()?;
    let uses = nodes.iter().filter_map(|node| {
        let deps = node.get("deps")?.as_array()?.iter().filter(|dep| !in_tests_only(dep));
        Some((text(node, "id")?, deps.filter_map(|dep| text(dep, "pkg")).collect()))
    });
    Some(Graph { names: names.collect(), uses: uses.collect() })
}

fn in_tests_only(dep: &Value) -> bool {
    let kinds = dep.get("dep_kinds").and_then(Value::as_array);
    kinds
        .is_some_and(|kinds| kinds.iter().all(|kind| kind.get("kind").and_then(Value::as_str) == Some("dev")))
}
