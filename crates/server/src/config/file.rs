use std::collections::BTreeMap;
use std::path::Path;

use super::setting::{self, Takes};
use crate::Failure;

/// Reads the configuration file: TOML, flat, and a key that nobody knows is an error.
pub(super) fn read(path: &Path) -> Result<BTreeMap<&'static str, Vec<String>>, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::of("--config", format!("{} cannot be read: {error}", path.display())))?;
    parse(&text)
        .map_err(|failure| Failure { text: format!("{} (in {})", failure.text, path.display()), ..failure })
}

fn parse(text: &str) -> Result<BTreeMap<&'static str, Vec<String>>, Failure> {
    let table: toml::Table = toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| 1 + text.bytes().take(span.start).filter(|b| *b == b'\n').count());
        let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
        // The message alone: the whole error quotes the line, and with it a secret that may stand there.
        Failure::of("--config", format!("{line}{}", error.message()))
    })?;
    let mut values = BTreeMap::new();
    for (key, value) in table {
        let Some(setting) = setting::find(&key) else {
            return Err(Failure::of(key, "is no setting of ours; `countersign config` lists them"));
        };
        let raw = match (setting.takes, value) {
            (Takes::Many, toml::Value::Array(items)) => {
                items.into_iter().map(|item| scalar(&key, item)).collect::<Result<_, _>>()?
            }
            (Takes::Many, other) => vec![scalar(&key, other)?],
            (Takes::One | Takes::Secret, other) => vec![scalar(&key, other)?],
        };
        values.insert(setting.key, raw);
    }
    Ok(values)
}

fn scalar(key: &str, value: toml::Value) -> Result<String, Failure> {
    match value {
        toml::Value::String(text) => Ok(text),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Boolean(flag) => Ok(flag.to_string()),
        other => Err(Failure::of(key, format!("takes no {}", other.type_str()))),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn values_of_every_kind_are_read() {
        let values = parse(
            "domains = ['https://a.example/', 'https://b.example/']\nworkers = 4\nbehind_proxy = true\n",
        )
        .unwrap();
        assert_eq!(values["domains"], ["https://a.example/", "https://b.example/"]);
        assert_eq!(values["workers"], ["4"]);
        assert_eq!(values["behind_proxy"], ["true"]);
    }

    #[test]
    fn an_unknown_key_is_named() {
        let failure = parse("workers = 4\nwrokers = 5\n").unwrap_err();
        assert_eq!(failure.setting.as_deref(), Some("wrokers"));
    }

    #[test]
    fn a_broken_file_is_named_by_line_and_not_quoted() {
        let failure = parse("workers = 4\ndata_key = hunter2\n").unwrap_err();
        assert!(failure.text.starts_with("line 2"), "{failure}");
        assert!(!failure.to_string().contains("hunter2"), "{failure}");
    }
}
