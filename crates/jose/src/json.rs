use std::collections::HashSet;

use serde::Deserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::JoseError;

/// At most this many arrays and objects inside each other.
const MAX_DEPTH: u32 = 16;

/// Parses JSON as strictly as a token deserves: a name that stands twice in one object, at any depth, is
/// refused (RFC 7515 §4, RFC 7519 §4), and so is nesting beyond 16 levels.
///
/// # Errors
/// [`JoseError::Json`].
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JoseError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    Strict { levels_left: MAX_DEPTH }.deserialize(&mut deserializer).map_err(|_| JoseError::Json)?;
    serde_json::from_slice(bytes).map_err(|_| JoseError::Json)
}

/// Walks a JSON value, keeps nothing of it, and fails where a rule is broken.
#[derive(Clone, Copy)]
struct Strict {
    levels_left: u32,
}

impl Strict {
    fn inside<E: Error>(self) -> Result<Self, E> {
        let levels_left = self.levels_left.checked_sub(1).ok_or_else(|| E::custom("nested too deep"))?;
        Ok(Self { levels_left })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON without repeated names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let inside = self.inside()?;
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if !names.insert(name) {
                return Err(A::Error::custom("a name stands twice"));
            }
            map.next_value_seed(inside)?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inside = self.inside()?;
        while items.next_element_seed(inside)?.is_some() {}
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        IgnoredAny.visit_bool(value).map(drop)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        IgnoredAny.visit_i64(value).map(drop)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        IgnoredAny.visit_u64(value).map(drop)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        IgnoredAny.visit_f64(value).map(drop)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        IgnoredAny.visit_str(value).map(drop)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        IgnoredAny.visit_unit().map(drop)
    }
}
