//! What clients and assistive technology find on the pages.

use serde_json::{Value, json};

use super::*;

fn has(tag: &str, attributes: &[&str]) -> bool {
    attributes.iter().all(|attribute| tag.contains(&format!(" {attribute}")))
}

#[test]
fn the_login_page_has_the_fields_that_password_managers_know() {
    let html = english(&login("ada@example.test", None)).html;
    assert!(html.contains(r#"method="post" action="/authorize/answer""#), "{html}");
    let username = tags(&html, r#"<input id="username""#)[0];
    let expected = [
        r#"name="username""#,
        r#"type="text""#,
        r#"value="ada@example.test""#,
        r#"inputmode="email""#,
        r#"autocomplete="username""#,
        r#"autocapitalize="none""#,
        r#"spellcheck="false""#,
    ];
    assert!(has(username, &expected), "{username}");
    let password = tags(&html, r#"<input id="password""#)[0];
    let expected = [r#"name="password""#, r#"type="password""#, r#"autocomplete="current-password""#];
    assert!(has(password, &expected) && !password.contains("value="), "{password}");
    let button = tags(&html, "<button")[0];
    assert!(has(button, &[r#"type="submit""#, r#"name="action""#, r#"value="default""#]), "{button}");
}

#[test]
fn sp_109_a_refused_login_blames_both_fields_alike_and_keeps_what_was_typed() {
    for problem in [LoginProblem::WrongCredentials, LoginProblem::Incomplete] {
        let html = english(&login("ada", Some(problem))).html;
        for field in [r#"<input id="username""#, r#"<input id="password""#] {
            let field = tags(&html, field)[0];
            let expected = [r#"aria-describedby="error-summary""#, r#"aria-invalid="true""#];
            assert!(has(field, &expected), "{field}");
        }
        assert!(html.contains(r#" value="ada""#));
    }
}

#[test]
fn every_login_problem_is_an_alert_and_a_first_visit_has_none() {
    let mut seen = std::collections::BTreeSet::new();
    for problem in PROBLEMS {
        let html = english(&login("ada", Some(problem))).html;
        let alert = html.split_once(r#"id="error-summary" role="alert">"#).unwrap().1;
        seen.insert(alert.split('<').next().unwrap().to_owned());
    }
    // The page does not tell whether the account or the address is held back.
    assert_eq!(seen.len(), PROBLEMS.len() - 1);
    assert!(seen.contains("Wrong email or password"), "{seen:?}");
    let html = english(&login("ada", None)).html;
    for trace in ["role=\"alert\"", "error-summary", "aria-invalid"] {
        assert!(!html.contains(trace), "{trace}");
    }
}

#[test]
fn the_questions_are_answered_by_accept_or_deny() {
    for interaction in [consent("value"), confirmation("value")] {
        let html = english(&interaction).html;
        let buttons = tags(&html, "<button");
        let answer =
            |value: &str| [r#"type="submit""#.to_owned(), format!(r#"name="action" value="{value}""#)];
        assert_eq!(buttons.len(), 2);
        for (button, value) in buttons.iter().zip(["accept", "deny"]) {
            assert!(answer(value).iter().all(|attribute| button.contains(attribute)), "{button}");
        }
    }
}

#[test]
fn the_confirmation_says_who_goes_where() {
    let Interaction::Confirmation(mut form) = confirmation("Photo Book") else { unreachable!() };
    form.user_name = "ada@example.test".to_owned();
    form.target = "com.example.photos://…".to_owned();
    let text = text(&english(&Interaction::Confirmation(form)).html);
    for shown in ["ada@example.test", "com.example.photos://…", "Photo Book"] {
        assert!(text.contains(shown), "{text}");
    }
}

#[test]
fn the_error_page_carries_code_rule_and_tracking_for_machines_and_people() {
    let mut view = refusal("");
    view.code = "invalid_request".to_owned();
    view.description = "Unknown client: nobody".to_owned();
    view.title = None;
    view.tracking = "f00d".to_owned();
    view.compared = Vec::new();
    let html = pages().error(&view, &locale("en")).html;
    let main = tags(&html, "<main")[0];
    let expected = [r#"data-error-code="invalid_request""#, r#"data-rule="authorize.callback_mismatch""#];
    assert!(has(main, &expected), "{main}");
    assert!(
        html.contains(
            r#"<p id="error-description" class="description"><bdi>Unknown client: nobody</bdi></p>"#
        )
    );
    assert!(html.contains("<h1><bdi>Something went wrong</bdi></h1>"), "{html}");
    assert!(text(&html).contains("f00d"));
    assert!(!html.contains("What was compared"));
}

#[test]
fn a_title_of_the_dialect_comes_first_and_compared_values_are_shown_where_they_are_given() {
    let html = pages().error(&refusal("Callback URL mismatch."), &locale("de")).html;
    assert!(html.contains("<h1><bdi>Callback URL mismatch.</bdi></h1>"), "{html}");
    assert!(html.contains("Was verglichen wurde"));
}

#[test]
fn the_logout_page_asks_whom_it_signs_out_and_says_where_it_goes() {
    let page = |target| pages().logout(&logout("Harbour", target), &locale("en"));
    let asked = page(Some("https://app.example.test/bye?x=1"));
    let words = text(&asked.html);
    for shown in ["Sign out?", "Harbour", "https://app.example.test", "Signed in as"] {
        assert!(words.contains(shown), "{words}");
    }
    assert!(!words.contains("x=1") && !text(&page(None).html).contains("You will go to"));
    let buttons = tags(&asked.html, "<button");
    assert!(buttons[0].contains("value=\"accept\"") && buttons[1].contains("value=\"deny\""), "{buttons:?}");
    assert!(asked.content_security_policy.contains("form-action 'self' https://app.example.test;"));
    assert!(page(None).content_security_policy.contains("form-action 'self';"));
}

#[test]
fn notices_say_how_it_ended() {
    for (notice, name, words) in [
        (Notice::SignedOut, "signed-out", "You are signed out"),
        (Notice::StillSignedIn, "still-signed-in", "You are still signed in"),
    ] {
        let html = pages().notice(notice, "Harbour", &locale("en")).html;
        assert!(html.contains(&format!("data-notice=\"{name}\"")) && text(&html).contains(words), "{html}");
    }
}

#[test]
fn core_033_the_answer_is_a_form_that_posts_itself_and_has_a_button() {
    let page = posted(&[("code", "c0de"), ("state", "s1")]);
    let html = &page.html;
    assert!(
        html.contains(r#"method="post" action="https://app.example.test/callback?x=1&#38;y=2""#),
        "{html}"
    );
    let inputs = tags(html, "<input");
    assert_eq!(inputs.len(), 2);
    for (input, attributes) in inputs.iter().zip([
        [r#"type="hidden""#, r#"name="code""#, r#"value="c0de""#],
        [r#"type="hidden""#, r#"name="state""#, r#"value="s1""#],
    ]) {
        assert!(has(input, &attributes), "{input}");
    }
    assert!(
        html.contains("<button class=\"answer answer-main\" type=\"submit\">Continue</button>"),
        "{html}"
    );
    assert!(
        html.contains("<script nonce=\"bm9uY2U\">document.getElementById(\"answer\").submit();</script>")
    );
    let policy = page.content_security_policy;
    assert!(
        policy.contains("; script-src 'nonce-bm9uY2U'; form-action https://app.example.test"),
        "{policy}"
    );
    assert_eq!(page.frame, Framing::Allowed);
}

#[test]
fn the_text_of_the_logged_out_page_is_exactly_ok() {
    for tag in ["en", "de"] {
        assert_eq!(text(&pages().logged_out(&locale(tag)).html), "OK");
    }
}

#[test]
fn the_message_goes_to_the_exact_origin_of_the_waiting_window() {
    let html = message(&[("code", "c0de"), ("state", "s1")]).html;
    let (_, call) = html.split_once("postMessage(").unwrap();
    let (message, rest) = call.split_once(", \"").unwrap();
    let expected = json!({"type": "authorization_response", "response": {"code": "c0de", "state": "s1"}});
    assert_eq!(serde_json::from_str::<Value>(message).unwrap(), expected);
    assert!(rest.starts_with("https://app.example.test\")"), "{rest}");
    assert!(!html.contains("\"*\""));
}

#[test]
fn every_page_has_a_language_a_title_one_main_and_one_heading() {
    for page in all("value") {
        let html = &page.html;
        assert!(html.starts_with("<!doctype html>\n<html lang=\""), "{html}");
        assert!(!html.contains("<title></title>"));
        for once in ["<title>", "<main", "<h1>", "<body>", "name=\"viewport\""] {
            assert_eq!(html.matches(once).count(), 1, "{once} in {html}");
        }
        // A text that lacks its value would show the value's name.
        assert!(!html.contains("{$") && !html.contains("{ $"), "{html}");
    }
}

#[test]
fn every_language_speaks_its_own_and_an_unknown_locale_the_first() {
    let page = |tag: &str| pages().interaction(&login("", None), &locale(tag)).html;
    assert!(page("en").contains(r#"<html lang="en" dir="ltr">"#) && page("en").contains("Password"));
    assert!(page("de").contains(r#"<html lang="de" dir="ltr">"#) && page("de").contains("Passwort"));
    let english_only = Pages::new(&Language::built_in()[..1]).unwrap();
    assert!(english_only.logged_out(&locale("de")).html.contains(r#"lang="en""#));
}

#[test]
fn a_language_of_somebody_else_turns_the_page() {
    let mut languages = Language::built_in();
    languages.push(Language { tag: "ar".to_owned(), ..languages[0].clone() });
    let pages = Pages::new(&languages).unwrap();
    let arabic = pages.choose_locale(Some("ar"), &["ar".to_owned()], "");
    assert!(pages.logged_out(&arabic).html.contains(r#"<html lang="ar" dir="rtl">"#));
    assert_eq!(Pages::new(&[]).err(), Some(TextError::NoLanguage));
}
