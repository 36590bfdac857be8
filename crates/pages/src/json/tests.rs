use super::*;

#[test]
fn sp_156_nothing_in_a_value_ends_the_script() {
    let hostile = "</script><!--<script>&amp;\u{2028}\u{2029}\"'\\\n";
    let json = in_script(&Value::from(hostile));
    for forbidden in ['<', '>', '&', '\u{2028}', '\u{2029}', '\n'] {
        assert!(!json.contains(forbidden), "{forbidden:?} in {json}");
    }
    assert_eq!(serde_json::from_str::<String>(&json).unwrap(), hostile);
}
