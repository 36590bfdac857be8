use serde_json::{Map, Value};

/// Lays `given` over `base`: objects unite key by key, `null` takes a key out, anything else replaces.
pub(crate) fn merge(mut base: Map<String, Value>, given: &Map<String, Value>) -> Map<String, Value> {
    for (key, value) in given {
        match value {
            Value::Null => {
                base.remove(key);
            }
            Value::Object(given) => {
                let below = match base.remove(key) {
                    Some(Value::Object(below)) => below,
                    _ => Map::new(),
                };
                base.insert(key.clone(), Value::Object(merge(below, given)));
            }
            value => {
                base.insert(key.clone(), value.clone());
            }
        }
    }
    base
}
