//! The cache that scripts share between runs (`api.cache`): a few small texts, in this process alone.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use countersign_oauth::{Seconds, Timestamp};

/// As many entries are kept.
const ENTRIES: usize = 20;
/// As long may a key be, in bytes.
const KEY_BYTES: usize = 64;
/// As long may a value be, in bytes.
const VALUE_BYTES: usize = 4096;
/// How long an entry stays that does not say.
const DEFAULT_LIFETIME: Seconds = Seconds(15 * 60);
/// How long an entry stays at most.
const LONGEST: Seconds = Seconds(24 * 3600);

/// A text with its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) value: String,
    pub(crate) expires_at: Timestamp,
}

/// Texts by key.
#[derive(Default)]
pub(crate) struct Store(Mutex<HashMap<String, Entry>>);

impl Store {
    /// What is under `key` and not past its end.
    pub(crate) fn find(&self, key: &str, now: Timestamp) -> Option<Entry> {
        self.lock().get(key).filter(|entry| now < entry.expires_at).cloned()
    }

    /// Puts a text, until `expires_at` or a quarter of an hour, and a day at most. Refuses with Auth0's code.
    pub(crate) fn put(
        &self,
        key: &str,
        value: &str,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Entry, &'static str> {
        if key.is_empty() || key.len() > KEY_BYTES {
            return Err("CacheKeySizeExceeded");
        }
        if value.len() > VALUE_BYTES {
            return Err("CacheValueSizeExceeded");
        }
        let expires_at = expires_at.unwrap_or(now.plus(DEFAULT_LIFETIME)).min(now.plus(LONGEST));
        if expires_at <= now {
            return Err("InvalidExpiry");
        }
        let mut entries = self.lock();
        entries.retain(|known, entry| known == key || now < entry.expires_at);
        if entries.len() >= ENTRIES && !entries.contains_key(key) {
            return Err("CacheSizeExceeded");
        }
        let entry = Entry { value: value.to_owned(), expires_at };
        entries.insert(key.to_owned(), entry.clone());
        Ok(entry)
    }

    /// Takes an entry away; whether there was one.
    pub(crate) fn remove(&self, key: &str) -> bool {
        self.lock().remove(key).is_some()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use countersign_testkit::NOW;

    use super::*;

    #[test]
    fn an_entry_is_found_until_its_end() {
        let store = Store::default();
        assert_eq!(store.put("k", "v", None, NOW).unwrap().expires_at, NOW.plus(DEFAULT_LIFETIME));
        assert_eq!(store.find("k", NOW.plus(Seconds(899))).unwrap().value, "v");
        assert_eq!(store.find("k", NOW.plus(Seconds(900))), None);
        let far = Some(NOW.plus(Seconds(1_000_000)));
        assert_eq!(store.put("k", "w", far, NOW).unwrap().expires_at, NOW.plus(LONGEST));
        assert!(store.remove("k") && !store.remove("k"));
    }

    #[test]
    fn keys_values_and_their_number_are_bounded() {
        let store = Store::default();
        assert_eq!(store.put(&"k".repeat(65), "v", None, NOW), Err("CacheKeySizeExceeded"));
        assert_eq!(store.put("", "v", None, NOW), Err("CacheKeySizeExceeded"));
        assert_eq!(store.put("k", &"v".repeat(4097), None, NOW), Err("CacheValueSizeExceeded"));
        assert_eq!(store.put("k", "v", Some(NOW), NOW), Err("InvalidExpiry"));
        for number in 0..20 {
            store.put(&number.to_string(), &"v".repeat(4096), None, NOW).unwrap();
        }
        assert_eq!(store.put("k", "v", None, NOW), Err("CacheSizeExceeded"));
        store.put("3", "another", None, NOW).unwrap();
        store.put("k", "v", None, NOW.plus(DEFAULT_LIFETIME)).unwrap();
    }
}
