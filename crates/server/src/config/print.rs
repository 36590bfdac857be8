use std::fmt::Write as _;

use super::database;
use super::layers::Layers;
use super::setting::{self, Setting, Takes};

/// Every setting as a line of the configuration file, with its origin; a secret is `[redacted]`.
#[must_use]
pub fn print(layers: &Layers) -> String {
    let lines: Vec<(String, String)> = setting::ALL
        .iter()
        .map(|setting| (line(setting, layers), layers.origin(setting).to_string()))
        .collect();
    let width = lines.iter().map(|(line, _)| line.chars().count()).max().unwrap_or(0).min(48);
    lines.iter().fold(String::new(), |mut text, (line, origin)| {
        let _ = writeln!(text, "{line:<width$}  # {origin}");
        text
    })
}

/// A setting without a value is commented out, so that what is printed can be used as a file.
fn line(setting: &Setting, layers: &Layers) -> String {
    let raw = layers.all(setting);
    match setting.takes {
        _ if raw.is_empty() => format!("# {} is not set", setting.key),
        Takes::Secret => format!("# {} = [redacted]", setting.key),
        Takes::One if *setting == setting::DATABASE && raw.iter().any(|url| database::has_password(url)) => {
            let shown = raw.first().map(|url| database::redacted(url)).unwrap_or_default();
            format!("# {} = {}", setting.key, quote(&shown))
        }
        Takes::Many => {
            let items: Vec<String> = raw.iter().map(|item| quote(item)).collect();
            format!("{} = [{}]", setting.key, items.join(", "))
        }
        Takes::One => format!("{} = {}", setting.key, bare_or_quoted(raw.first().map_or("", String::as_str))),
    }
}

fn bare_or_quoted(text: &str) -> String {
    let is_number = text.parse::<i64>().is_ok_and(|number| number.to_string() == text);
    if is_number || text == "true" || text == "false" { text.to_owned() } else { quote(text) }
}

fn quote(text: &str) -> String {
    toml::Value::from(text).to_string()
}
