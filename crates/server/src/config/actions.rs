use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use countersign_actions::ActionsOptions;

use super::layers::{Layers, Origin};
use super::read::parse;
use super::setting::{self, Setting};
use crate::Failure;

/// The engine itself takes some of this before a script does anything.
const LEAST_MEMORY_MIB: usize = 4;

pub(super) fn read(layers: &Layers) -> Result<ActionsOptions, Failure> {
    Ok(ActionsOptions {
        threads: at_least(layers, &setting::ACTIONS_THREADS, 1)?,
        queue: parse(layers, &setting::ACTIONS_QUEUE, "a number")?,
        timeout: Duration::from_secs(at_least(layers, &setting::ACTIONS_TIMEOUT_SECONDS, 1)? as u64),
        memory: at_least(layers, &setting::ACTIONS_MEMORY_MIB, LEAST_MEMORY_MIB)?.saturating_mul(1024 * 1024),
        allowed_hosts: layers
            .all(&setting::ACTIONS_ALLOWED_HOSTS)
            .iter()
            .map(|text| host(text))
            .collect::<Result<_, _>>()?,
        modules: modules(layers)?,
    })
}

/// Reads the modules: `NAME=FILE`, and a file that the configuration file names stands beside it.
fn modules(layers: &Layers) -> Result<BTreeMap<String, String>, Failure> {
    let setting = &setting::ACTIONS_MODULES;
    let folder = match layers.origin(setting) {
        Origin::File(file) => file.parent().map(Path::to_owned).unwrap_or_default(),
        _ => PathBuf::new(),
    };
    let mut modules = BTreeMap::new();
    for entry in layers.all(setting) {
        let wrong = |why: String| Failure::of(setting.key, format!("`{entry}` {why}"));
        let parts = entry.split_once('=').filter(|(name, file)| !name.is_empty() && !file.is_empty());
        let (name, file) = parts.ok_or_else(|| wrong("is not NAME=FILE".to_owned()))?;
        let source = std::fs::read_to_string(folder.join(file));
        let source = source.map_err(|error| wrong(format!("cannot be read: {error}")))?;
        if modules.insert(name.to_owned(), source).is_some() {
            return Err(wrong("names a module a second time".to_owned()));
        }
    }
    Ok(modules)
}

fn at_least(layers: &Layers, setting: &'static Setting, least: usize) -> Result<usize, Failure> {
    match parse(layers, setting, "a number")? {
        number if number >= least => Ok(number),
        _ => Err(Failure::of(setting.key, format!("is at least {least}"))),
    }
}

/// A host, with its port where that is not 443; no pattern, and nothing of a URL beside it.
fn host(text: &str) -> Result<String, Failure> {
    let is_host =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    if is_host {
        Ok(text.to_ascii_lowercase())
    } else {
        let text = format!("`{text}` is no host: say api.example.com");
        Err(Failure::of(setting::ACTIONS_ALLOWED_HOSTS.key, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Overrides};

    fn of_file(text: &str) -> Result<ActionsOptions, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("countersign.toml");
        std::fs::write(&path, text).unwrap();
        std::fs::write(folder.path().join("plans.js"), "exports.plan = 1;").unwrap();
        let overrides = Overrides::new().with_file(Some(path));
        read(&Layers::merge(&overrides, &Environment::default())?)
    }

    #[test]
    fn the_defaults_are_those_of_the_engine() {
        assert_eq!(of_file("").unwrap(), ActionsOptions::default());
    }

    #[test]
    fn values_are_read_and_modules_stand_beside_the_file() {
        let text = "actions_threads = 2\nactions_queue = 0\nactions_timeout_seconds = 3\nactions_memory_mib = 4\n\
                    actions_allowed_hosts = ['API.example.com:8443']\nactions_modules = ['plans=plans.js']\n";
        let read = of_file(text).unwrap();
        assert_eq!((read.threads, read.queue, read.timeout), (2, 0, Duration::from_secs(3)));
        assert_eq!((read.memory, read.allowed_hosts), (4 << 20, vec!["api.example.com:8443".to_owned()]));
        assert_eq!(read.modules, [("plans".to_owned(), "exports.plan = 1;".to_owned())].into());
    }

    #[test]
    fn rp_41_a_value_that_cannot_be_is_named() {
        for (text, key) in [
            ("actions_threads = 0", "actions_threads"),
            ("actions_timeout_seconds = 0", "actions_timeout_seconds"),
            ("actions_memory_mib = 3", "actions_memory_mib"),
            ("actions_queue = -1", "actions_queue"),
            ("actions_allowed_hosts = ['https://api.example.com/']", "actions_allowed_hosts"),
            ("actions_allowed_hosts = ['*.example.com']", "actions_allowed_hosts"),
            ("actions_modules = ['plans.js']", "actions_modules"),
            ("actions_modules = ['plans=missing.js']", "actions_modules"),
            ("actions_modules = ['plans=plans.js', 'plans=plans.js']", "actions_modules"),
        ] {
            assert_eq!(of_file(text).unwrap_err().setting.as_deref(), Some(key), "{text}");
        }
    }
}
