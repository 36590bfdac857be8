use std::collections::BTreeMap;

/// The first form of one of our pages.
#[derive(Clone, Debug)]
pub struct Form {
    /// Where it posts to.
    pub action: String,
    /// Its hidden fields.
    pub hidden: BTreeMap<String, String>,
    /// The fields to fill in.
    pub fields: Vec<String>,
    /// The values of its `action` buttons.
    pub buttons: Vec<String>,
}

impl Form {
    /// Reads it from the page; `None` where the page has no form.
    pub fn find(html: &str) -> Option<Self> {
        let start = html.find("<form")?;
        let source = &html[start..start + html[start..].find("</form>")?];
        let form = &tags(source, "form")[0];
        assert_eq!(form.get("method").map(String::as_str), Some("post"), "forms are posted");
        let (hidden, fields): (Vec<_>, Vec<_>) = tags(source, "input")
            .into_iter()
            .partition(|input| input.get("type").is_some_and(|kind| kind == "hidden"));
        let named = |input: &BTreeMap<String, String>, key: &str| input.get(key).cloned().unwrap_or_default();
        Some(Self {
            action: named(form, "action"),
            hidden: hidden.iter().map(|input| (named(input, "name"), named(input, "value"))).collect(),
            fields: fields.iter().map(|input| named(input, "name")).collect(),
            buttons: tags(source, "button").iter().map(|button| named(button, "value")).collect(),
        })
    }

    /// What is sent: hidden fields, what was typed, the button pressed.
    pub fn filled<'a>(&'a self, typed: &[(&'a str, &'a str)], button: &'a str) -> Vec<(&'a str, &'a str)> {
        assert!(self.buttons.iter().any(|known| known == button), "no button {button}: {self:?}");
        let hidden = self.hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        hidden.chain(typed.iter().copied()).chain([("action", button)]).collect()
    }
}

/// The attributes of every tag of that name. Our pages quote every value with double quotes.
fn tags(html: &str, name: &str) -> Vec<BTreeMap<String, String>> {
    let opening = format!("<{name} ");
    html.match_indices(&opening)
        .map(|(at, _)| {
            let mut rest = html[at + opening.len()..].trim_start();
            let mut attributes = BTreeMap::new();
            while !rest.starts_with('>') {
                let end = rest.find(['=', ' ', '>']).unwrap();
                let key = rest[..end].to_owned();
                rest = &rest[end..];
                let value = match rest.strip_prefix("=\"") {
                    None => String::new(),
                    Some(quoted) => {
                        let end = quoted.find('"').unwrap();
                        rest = &quoted[end + 1..];
                        unescape(&quoted[..end])
                    }
                };
                attributes.insert(key, value);
                rest = rest.trim_start();
            }
            attributes
        })
        .collect()
}

/// Undoes what templates escape: numeric references and the five names.
pub fn unescape(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let (entity, tail) = after.split_once(';').unwrap();
        plain.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            number => {
                let digits = number.strip_prefix('#').unwrap();
                let code = match digits.strip_prefix('x') {
                    Some(hex) => u32::from_str_radix(hex, 16),
                    None => digits.parse(),
                };
                char::from_u32(code.unwrap()).unwrap()
            }
        });
        rest = tail;
    }
    plain.push_str(rest);
    plain
}
