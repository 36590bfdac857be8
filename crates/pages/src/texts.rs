//! What pages say, in each language.

use std::collections::BTreeSet;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::{CharacterDirection, LanguageIdentifier};

use crate::visible::visible;

/// A language and its texts, as Fluent sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language {
    /// The BCP 47 tag.
    pub tag: String,
    /// Fluent resources; no message may stand in two of them.
    pub sources: Vec<String>,
}

impl Language {
    /// The languages that this crate brings: English, then German.
    #[must_use]
    pub fn built_in() -> Vec<Self> {
        macro_rules! language {
            ($tag:literal) => {
                Self {
                    tag: $tag.to_owned(),
                    sources: vec![
                        include_str!(concat!("../texts/", $tag, "/login.ftl")).to_owned(),
                        include_str!(concat!("../texts/", $tag, "/question.ftl")).to_owned(),
                        include_str!(concat!("../texts/", $tag, "/outcome.ftl")).to_owned(),
                        include_str!(concat!("../texts/", $tag, "/playground.ftl")).to_owned(),
                    ],
                }
            };
        }
        vec![language!("en"), language!("de")]
    }

    /// The messages of the sources: in Fluent, they alone begin a line with a letter.
    fn messages(&self) -> BTreeSet<&str> {
        let lines = self.sources.iter().flat_map(|source| source.lines());
        let begins = lines.filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()));
        begins.filter_map(|line| line.split_once('=')).map(|(id, _)| id.trim_end()).collect()
    }
}

/// Why texts cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextError {
    /// No language was given.
    NoLanguage,
    /// The tag is none of BCP 47.
    Tag(String),
    /// A source is not Fluent, or repeats a message.
    Source {
        /// The language.
        tag: String,
        /// What is wrong.
        reason: String,
    },
    /// The first language has a message that another lacks.
    Missing {
        /// The language that lacks it.
        tag: String,
        /// The message.
        message: String,
    },
}

impl std::fmt::Display for TextError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoLanguage => f.write_str("no language has texts"),
            Self::Tag(tag) => write!(f, "`{tag}` is no language tag"),
            Self::Source { tag, reason } => write!(f, "the texts of `{tag}` are malformed: {reason}"),
            Self::Missing { tag, message } => write!(f, "the texts of `{tag}` lack `{message}`"),
        }
    }
}

impl std::error::Error for TextError {}

/// The texts of one language, ready to be said.
pub(crate) struct Texts {
    tag: String,
    direction: &'static str,
    messages: Vec<String>,
    bundle: FluentBundle<FluentResource>,
}

impl Texts {
    /// Reads the texts of a language, which must have every message of `model`.
    pub(crate) fn read(language: &Language, model: &Language) -> Result<Self, TextError> {
        let tag = || language.tag.clone();
        let id: LanguageIdentifier = language.tag.parse().map_err(|_| TextError::Tag(tag()))?;
        let has = language.messages();
        if let Some(message) = model.messages().into_iter().find(|message| !has.contains(message)) {
            return Err(TextError::Missing { tag: tag(), message: message.to_owned() });
        }
        let messages = has.into_iter().map(str::to_owned).collect();
        let right_to_left = id.character_direction() == CharacterDirection::RTL;
        let mut bundle = FluentBundle::new_concurrent(vec![id]);
        for source in &language.sources {
            let malformed = |reason: String| TextError::Source { tag: tag(), reason };
            let resource = FluentResource::try_new(source.clone());
            let resource = resource.map_err(|(_, errors)| malformed(format!("{errors:?}")))?;
            bundle.add_resource(resource).map_err(|errors| malformed(format!("{errors:?}")))?;
        }
        let direction = if right_to_left { "rtl" } else { "ltr" };
        Ok(Self { tag: tag(), direction, messages, bundle })
    }

    /// The tag, for `lang`.
    pub(crate) fn tag(&self) -> &str {
        &self.tag
    }

    /// `ltr` or `rtl`, for `dir`.
    pub(crate) fn direction(&self) -> &'static str {
        self.direction
    }

    /// A text without values.
    pub(crate) fn say(&self, message: &str) -> String {
        self.tell(message, &[])
    }

    /// Every text without values whose name begins so, by the rest of its name.
    pub(crate) fn say_all<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, String)> {
        let names = self.messages.iter().filter_map(move |name| Some((name.strip_prefix(prefix)?, name)));
        names.map(|(rest, name)| (rest, self.say(name)))
    }

    /// A text with values, each isolated from the text's writing direction by Fluent.
    pub(crate) fn tell(&self, message: &str, values: &[(&'static str, &str)]) -> String {
        let mut arguments = FluentArgs::new();
        for (name, value) in values {
            arguments.set(*name, visible(value));
        }
        let pattern = self.bundle.get_message(message).and_then(|message| message.value());
        pattern.map_or_else(String::new, |pattern| {
            // A variable that is not given shows as its name; the tests read every text for that.
            self.bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned()
        })
    }
}

#[cfg(test)]
mod tests;
