use std::path::Path;

use super::*;

fn files(folder: &str, extension: &str) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
    let paths = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension() == Some(extension.as_ref()));
    paths.map(|path| (path.display().to_string(), std::fs::read_to_string(path).unwrap())).collect()
}

/// What stands between two marks, each time.
fn between<'a>(text: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(open).skip(1).filter_map(move |rest| rest.split(close).next())
}

fn variables(source: &str) -> BTreeSet<(&str, &str)> {
    let lines = source.lines().filter(|line| !line.starts_with('#'));
    let messages = lines.filter_map(|line| line.split_once(" = "));
    messages.flat_map(|(id, text)| between(text, "{ $", " }").map(move |variable| (id, variable))).collect()
}

fn language(tag: &str, source: &str) -> Language {
    Language { tag: tag.to_owned(), sources: vec![source.to_owned()] }
}

#[test]
fn every_language_has_the_same_messages_with_the_same_variables() {
    let languages = Language::built_in();
    for other in &languages[1..] {
        assert_eq!(languages[0].messages(), other.messages(), "{}", other.tag);
        for (one, other) in languages[0].sources.iter().zip(&other.sources) {
            assert_eq!(variables(one), variables(other));
        }
    }
}

#[test]
fn every_text_that_is_said_exists_and_every_text_is_said() {
    let english = &Language::built_in()[0];
    let messages = english.messages();
    let sources: Vec<_> = files("src", "rs").into_iter().chain(files("templates", "html")).collect();
    for (path, source) in &sources {
        for call in [".say(\"", ".tell(\""] {
            for id in between(source, call, "\"") {
                assert!(messages.contains(id), "{path} says {id}");
            }
        }
    }
    let scripts = files("assets/playground", "js");
    // These are said by the name of a step, a state, a parameter or a claim.
    let named =
        ["step-", "state-", "signature-", "parameter-", "claim-"].map(|kind| format!("playground-{kind}"));
    for id in messages {
        let quoted = format!("\"{id}\"");
        let in_script = id.strip_prefix("playground-").map(|rest| format!("'{rest}'"));
        let is_said = sources.iter().any(|(_, source)| source.contains(&quoted))
            || in_script.is_some_and(|said| scripts.iter().any(|(_, script)| script.contains(&said)))
            || named.iter().any(|prefix| id.starts_with(prefix));
        assert!(is_said, "nobody says {id}");
    }
}

#[test]
fn templates_have_no_text_of_their_own() {
    for (path, template) in files("templates", "html") {
        let mut rest = template;
        for (open, close) in [("<script", "</script>"), ("{%", "%}"), ("{{", "}}"), ("<", ">")] {
            while let Some(start) = rest.find(open) {
                let end = rest[start..].find(close).unwrap() + start + close.len();
                rest.replace_range(start..end, "");
            }
        }
        assert_eq!(rest.trim(), "", "{path}");
    }
}

#[test]
fn values_are_isolated_from_the_direction_of_the_text() {
    let model = language("en", "greeting = Hello { $client }!");
    let texts = Texts::read(&model, &model).unwrap();
    assert_eq!(texts.tell("greeting", &[("client", "مرحبا\u{2069}")]), "Hello \u{2068}مرحبا\u{2069}!");
}

#[test]
fn the_writing_direction_follows_the_language() {
    let model = language("en", "a = b");
    for (tag, direction) in [("en", "ltr"), ("de-AT", "ltr"), ("ar", "rtl"), ("he-IL", "rtl"), ("fa", "rtl")]
    {
        assert_eq!(Texts::read(&language(tag, "a = c"), &model).unwrap().direction(), direction, "{tag}");
    }
}

#[test]
fn unusable_texts_are_refused_with_the_reason() {
    let model = language("en", "a = b");
    let refusal = |other: &Language| Texts::read(other, &model).err().map(|error| error.to_string());
    assert_eq!(refusal(&language("?", "a = b")).unwrap(), "`?` is no language tag");
    assert_eq!(refusal(&language("fr", "b = c")).unwrap(), "the texts of `fr` lack `a`");
    let malformed = refusal(&language("fr", "a = { $")).unwrap();
    assert!(malformed.starts_with("the texts of `fr` are malformed: "), "{malformed}");
    let twice = Language { tag: "fr".to_owned(), sources: vec!["a = b".to_owned(), "a = c".to_owned()] };
    assert!(refusal(&twice).unwrap().starts_with("the texts of `fr` are malformed: "));
}
