//! As much of JSON Schema as descriptions of answers use.

use serde_json::Value;

/// The words that say nothing of a value.
const SILENT: [&str; 6] = ["description", "example", "examples", "title", "default", "deprecated"];

/// The description whose parts schemas refer to.
pub(super) struct Schemas<'a> {
    pub(super) root: &'a Value,
}

impl Schemas<'_> {
    /// What of a value breaks a schema, by pointer.
    ///
    /// # Errors
    /// A schema that cannot be read.
    pub(super) fn check(&self, schema: &Value, value: &Value) -> Result<Vec<(String, String)>, String> {
        let mut faults = Vec::new();
        self.walk(schema, value, "", &mut faults)?;
        Ok(faults)
    }

    fn walk(
        &self,
        schema: &Value,
        value: &Value,
        at: &str,
        faults: &mut Vec<(String, String)>,
    ) -> Result<(), String> {
        let words = schema.as_object().ok_or("a schema is no object")?;
        let mut fault =
            |text: String| faults.push((if at.is_empty() { "body" } else { at }.to_owned(), text));
        for (word, said) in words {
            match word.as_str() {
                "type" if !of_type(said, value) => fault(format!("is not {said}")),
                "enum" if !said.as_array().is_some_and(|all| all.contains(value)) => {
                    fault(format!("{value} is none of {said}"));
                }
                "format" if !of_format(said, value)? => fault(format!("{value} has not the format {said}")),
                "minLength" if length(value) < said.as_u64() => fault(format!("is shorter than {said}")),
                "maxLength" if length(value) > said.as_u64() => fault(format!("is longer than {said}")),
                "required" => {
                    let names = said.as_array().into_iter().flatten().filter_map(Value::as_str);
                    let missing = names.filter(|name| value.get(name).is_none());
                    missing.for_each(|name| fault(format!("{name} is missing")));
                }
                "type" | "enum" | "format" | "minLength" | "maxLength" | "properties" | "items" | "$ref" => {}
                silent if SILENT.contains(&silent) => {}
                other => return Err(format!("the schema word {other} is not known here")),
            }
        }
        if let Some(reference) = words.get("$ref").and_then(Value::as_str) {
            let pointer = reference.strip_prefix('#').ok_or("a reference leaves the file")?;
            let target = self.root.pointer(pointer).ok_or_else(|| format!("{reference} is missing"))?;
            self.walk(target, value, at, faults)?;
        }
        if let (Some(properties), Some(members)) =
            (words.get("properties").and_then(Value::as_object), value.as_object())
        {
            for (name, schema) in properties {
                if let Some(member) = members.get(name) {
                    self.walk(schema, member, &format!("{at}/{name}"), faults)?;
                }
            }
        }
        if let (Some(schema), Some(items)) = (words.get("items"), value.as_array()) {
            for (position, item) in items.iter().enumerate() {
                self.walk(schema, item, &format!("{at}/{position}"), faults)?;
            }
        }
        Ok(())
    }
}

fn length(value: &Value) -> Option<u64> {
    value.as_str().and_then(|text| u64::try_from(text.chars().count()).ok())
}

/// `type`: one name, or several of which one fits.
fn of_type(said: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("null") => value.is_null(),
        _ => false,
    };
    said.as_array().map_or_else(|| is(said), |names| names.iter().any(is))
}

/// `format`, for texts: as much as tells a mistake.
fn of_format(said: &Value, value: &Value) -> Result<bool, String> {
    let Some(text) = value.as_str() else { return Ok(true) };
    let dated = |text: &str| {
        let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        shape.get(..10) == Some("0000-00-00")
    };
    match said.as_str() {
        Some("uri") => {
            Ok(text.split_once(':').is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty()))
        }
        Some("email") => {
            Ok(text.split_once('@').is_some_and(|(local, host)| !local.is_empty() && !host.is_empty()))
        }
        Some("date") => Ok(text.len() == 10 && dated(text)),
        Some("date-time") => {
            let zoned = text.ends_with('Z') || text.get(19..).is_some_and(|rest| rest.contains(['+', '-']));
            Ok(dated(text) && text.get(10..11) == Some("T") && zoned)
        }
        _ => Err(format!("the format {said} is not known here")),
    }
}
