use crate::{ErrorCode, OAuthError, Secret};

/// Request parameters as they came, from a query, a form or a JSON object; each value printed redacted.
///
/// An empty value counts as omitted (RFC 6749 §3.1).
#[derive(Debug, Clone, Default)]
pub struct Parameters(Vec<(String, Secret<String>)>);

/// Why a body or query is no parameter list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterError {
    /// Not UTF-8 after decoding, or not form-encoded.
    MalformedForm,
    /// Not a JSON object, nested over 32 levels, or with a name that stands twice.
    MalformedJson,
    /// Over 200 parameters.
    TooMany,
}

impl From<ParameterError> for OAuthError {
    fn from(error: ParameterError) -> Self {
        let rule = match error {
            ParameterError::MalformedForm => "parameters.malformed_form",
            ParameterError::MalformedJson => "parameters.malformed_json",
            ParameterError::TooMany => "parameters.too_many",
        };
        Self::new(ErrorCode::InvalidRequest, rule, "Invalid request body")
    }
}

/// A typed request, read from parameters.
pub trait FromParameters: Sized {
    /// The parameters that are read, for documentation and discovery.
    const NAMES: &'static [&'static str];

    /// Reads the request.
    ///
    /// # Errors
    /// An `invalid_request` that names what is missing or malformed.
    fn from_parameters(parameters: &Parameters) -> Result<Self, OAuthError>;
}

/// Form-encodes pairs; percent-encoded spaces are read alike by form decoders and by plain URI decoders.
#[must_use]
pub fn encode_query<N: AsRef<str>, V: AsRef<str>>(pairs: &[(N, V)]) -> String {
    let pairs: Vec<(&str, &str)> =
        pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect();
    serde_urlencoded::to_string(pairs).unwrap_or_default().replace('+', "%20")
}

impl Parameters {
    /// At most this many parameters in one request.
    pub const MAX: usize = 200;

    /// Parses `application/x-www-form-urlencoded` bytes.
    ///
    /// # Errors
    /// [`ParameterError::MalformedForm`] or [`ParameterError::TooMany`].
    pub fn parse_form(bytes: &[u8]) -> Result<Self, ParameterError> {
        if !decodes_to_utf8(bytes) {
            return Err(ParameterError::MalformedForm);
        }
        let pairs: Vec<(String, String)> =
            serde_urlencoded::from_bytes(bytes).map_err(|_| ParameterError::MalformedForm)?;
        Self::from_pairs(pairs)
    }

    /// Parses a JSON object; a value that is no string is kept as JSON text, `null` counts as omitted, and
    /// a name that stands twice is refused rather than won by the last.
    ///
    /// # Errors
    /// [`ParameterError::MalformedJson`] or [`ParameterError::TooMany`].
    pub fn parse_json(bytes: &[u8]) -> Result<Self, ParameterError> {
        let JsonPairs(pairs) = serde_json::from_slice(bytes).map_err(|_| ParameterError::MalformedJson)?;
        if pairs.iter().enumerate().any(|(i, (name, _))| pairs.iter().skip(i + 1).any(|(n, _)| n == name)) {
            return Err(ParameterError::MalformedJson);
        }
        Self::from_pairs(pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
    }

    /// Takes pairs that are decoded already.
    ///
    /// # Errors
    /// [`ParameterError::TooMany`].
    pub fn from_pairs(pairs: Vec<(String, String)>) -> Result<Self, ParameterError> {
        if pairs.len() > Self::MAX {
            return Err(ParameterError::TooMany);
        }
        Ok(Self(pairs.into_iter().map(|(name, value)| (name, Secret::new(value))).collect()))
    }

    /// Adds the parameters of `other`, so that a name in both is a duplicate.
    #[must_use]
    pub fn joined(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The value of `name`, when it was sent and is not empty. The first one, should it be repeated.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, value)| known == name && !value.expose().is_empty())
            .map(|(_, value)| value.expose().as_str())
    }

    /// Every value of `name` that is not empty.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(known, value)| known == name && !value.expose().is_empty())
            .map(|(_, value)| value.expose().as_str())
    }

    /// Whether `name` stands more than once, whatever its values (RFC 6749 §3.1).
    #[must_use]
    pub fn is_repeated(&self, name: &str) -> bool {
        self.0.iter().filter(|(known, _)| known == name).nth(1).is_some()
    }

    /// The first repeated name that is not in `repeatable`.
    #[must_use]
    pub fn find_duplicate(&self, repeatable: &[&str]) -> Option<&str> {
        self.0
            .iter()
            .map(|(name, _)| name.as_str())
            .find(|name| !repeatable.contains(name) && self.is_repeated(name))
    }

    /// The value of `name`, or the error that it is missing.
    ///
    /// # Errors
    /// `invalid_request` with the rule `parameters.missing`.
    pub fn require(&self, name: &'static str) -> Result<&str, OAuthError> {
        self.find(name).ok_or_else(|| OAuthError::missing_parameter(name))
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.expose().as_str()))
    }
}

/// The members of a JSON object, repeated names included; `None` for `null`.
struct JsonPairs(Vec<(String, Option<String>)>);

impl<'de> serde::Deserialize<'de> for JsonPairs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> serde::de::Visitor<'de> for Members {
            type Value = JsonPairs;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a JSON object of strings")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<JsonPairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, serde_json::Value>()? {
                    if pairs.len() > Parameters::MAX || depth(&value) > 32 {
                        return Err(serde::de::Error::custom("too many members or too deep"));
                    }
                    match value {
                        // Omitted, and still seen where the name stands twice.
                        serde_json::Value::Null => pairs.push((name, None)),
                        serde_json::Value::String(text) => pairs.push((name, Some(text))),
                        nested @ (serde_json::Value::Object(_) | serde_json::Value::Array(_)) => {
                            pairs.push((name, Some(nested.to_string())));
                        }
                        scalar @ (serde_json::Value::Bool(_) | serde_json::Value::Number(_)) => {
                            pairs.push((name, Some(scalar.to_string())));
                        }
                    }
                }
                Ok(JsonPairs(pairs))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

fn depth(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        serde_json::Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// Whether percent-decoding leaves valid UTF-8: a lossy decoder would hide the difference.
fn decodes_to_utf8(bytes: &[u8]) -> bool {
    let hex = |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16));
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match (first, hex(tail.first()), hex(tail.get(1))) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(u8::try_from(high * 16 + low).unwrap_or_default());
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => decoded.push(*first),
        }
    }
    std::str::from_utf8(&decoded).is_ok()
}
