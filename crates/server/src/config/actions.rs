use std::time::Duration;

use countersign_actions::ActionsOptions;

use super::layers::Layers;
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
    })
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
