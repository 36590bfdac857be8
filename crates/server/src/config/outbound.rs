use std::time::Duration;

use countersign_outbound::OutboundOptions;

use super::layers::Layers;
use super::read::parse;
use super::setting::{self, Setting};
use crate::{Failure, files};

/// Reads what calls to other servers may do.
pub(super) fn read(layers: &Layers) -> Result<OutboundOptions, Failure> {
    let connect_timeout = seconds(layers, &setting::OUTBOUND_CONNECT_TIMEOUT_SECONDS)?;
    let kib: usize = at_least_one(layers, &setting::OUTBOUND_MAX_BODY_KIB)?;
    let allow_private = &setting::OUTBOUND_ALLOW_PRIVATE;
    Ok(OutboundOptions {
        allow_private: parse(layers, allow_private, "true or false")?,
        private_hosts: layers.all(&setting::OUTBOUND_PRIVATE_HOSTS).to_vec(),
        ports: ports(layers)?,
        ca_pem: ca_pem(layers)?,
        connect_timeout,
        timeout: seconds(layers, &setting::OUTBOUND_TIMEOUT_SECONDS)?,
        max_body_bytes: kib.saturating_mul(1024),
        max_calls: at_least_one(layers, &setting::OUTBOUND_MAX_CALLS)?,
    })
}

fn ports(layers: &Layers) -> Result<Vec<u16>, Failure> {
    let setting = &setting::OUTBOUND_PORTS;
    let given = layers.all(setting);
    if given.is_empty() {
        return Ok(OutboundOptions::default().ports);
    }
    let wrong = |text: &str| Failure::of(setting.key, format!("is a list of ports, and `{text}` is none"));
    given.iter().map(|text| text.parse().map_err(|_| wrong(text))).collect()
}

fn ca_pem(layers: &Layers) -> Result<Option<Vec<u8>>, Failure> {
    let setting = &setting::OUTBOUND_CA_FILE;
    let Some(path) = layers.path(setting) else { return Ok(None) };
    let missing = || Failure::of(setting.key, format!("{} is not there", path.display()));
    files::read(&path)?.ok_or_else(missing).map(Some)
}

fn seconds(layers: &Layers, setting: &'static Setting) -> Result<Duration, Failure> {
    at_least_one(layers, setting).map(|seconds| Duration::from_secs(seconds as u64))
}

fn at_least_one(layers: &Layers, setting: &'static Setting) -> Result<usize, Failure> {
    match parse(layers, setting, "a number")? {
        0 => Err(Failure::of(setting.key, "is at least 1")),
        number => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    use countersign_outbound::OutboundOptions;

    use super::read;
    use crate::config::{Environment, Layers, Overrides, setting};

    fn options(overrides: &Overrides) -> Result<OutboundOptions, String> {
        let layers = Layers::merge(overrides, &Environment::of([])).unwrap();
        read(&layers).map_err(|failure| failure.to_string())
    }

    #[test]
    fn the_defaults_are_those_of_the_client() {
        assert_eq!(options(&Overrides::new()), Ok(OutboundOptions::default()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (setting, value) in [
            (&setting::OUTBOUND_ALLOW_PRIVATE, "yes"),
            (&setting::OUTBOUND_TIMEOUT_SECONDS, "0"),
            (&setting::OUTBOUND_MAX_CALLS, "many"),
            (&setting::OUTBOUND_CA_FILE, "/no/such/file"),
        ] {
            let failure = options(&Overrides::new().with(setting, Some(value))).unwrap_err();
            assert!(failure.contains(setting.key), "{failure}");
        }
    }
}
