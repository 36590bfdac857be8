mod hostile;
mod playground;
mod shape;

use countersign_authorization_endpoint::{
    ConfirmationForm, ConsentForm, FormFrame, Interaction, LoginForm, LoginProblem, ScopeLine,
};
use countersign_oauth::{Origin, RedirectUri, Scope};

use super::*;

const PROBLEMS: [LoginProblem; 6] = [
    LoginProblem::WrongCredentials,
    LoginProblem::TooManyAttempts,
    LoginProblem::AddressHeldBack,
    LoginProblem::TooFast,
    LoginProblem::Blocked,
    LoginProblem::Incomplete,
];

const NOTICES: [Notice; 2] = [Notice::SignedOut, Notice::StillSignedIn];

fn pages() -> Pages {
    Pages::new(&Language::built_in()).unwrap()
}

fn locale(tag: &str) -> Locale {
    pages().choose_locale(Some(tag), &[], "")
}

fn english(interaction: &Interaction) -> Page {
    pages().interaction(interaction, &locale("en"))
}

/// A form in which every value that has no shape of its own is `value`.
fn frame(value: &str) -> FormFrame {
    FormFrame {
        action: "/authorize/answer".to_owned(),
        transaction: value.to_owned(),
        client_name: value.to_owned(),
        tenant_name: value.to_owned(),
        redirect_uri: RedirectUri::parse("https://app.example.test/callback").unwrap(),
        locale: None,
    }
}

fn login(value: &str, problem: Option<LoginProblem>) -> Interaction {
    Interaction::Login(LoginForm { frame: frame(value), identifier: value.to_owned(), problem, limit: None })
}

fn consent(value: &str) -> Interaction {
    let scope = |description: Option<&str>| ScopeLine {
        value: value.to_owned(),
        description: description.map(str::to_owned),
    };
    Interaction::Consent(ConsentForm {
        frame: frame(value),
        user_name: value.to_owned(),
        api_name: Some(value.to_owned()),
        scopes: vec![scope(None), scope(Some(value))],
        scope: Scope::from_iter([value]),
    })
}

fn confirmation(value: &str) -> Interaction {
    let (user_name, target) = (value.to_owned(), value.to_owned());
    Interaction::Confirmation(ConfirmationForm { frame: frame(value), user_name, target })
}

fn interactions(value: &str) -> Vec<Interaction> {
    let refused = PROBLEMS.map(|problem| login(value, Some(problem)));
    [login(value, None), consent(value), confirmation(value)].into_iter().chain(refused).collect()
}

fn refusal(value: &str) -> ErrorView {
    ErrorView {
        code: value.to_owned(),
        description: value.to_owned(),
        title: Some(value.to_owned()),
        rule: "authorize.callback_mismatch",
        tracking: value.to_owned(),
        compared: vec![(value.to_owned(), value.to_owned())],
        explained_in: Some(value.to_owned()),
    }
}

/// Every page without a script, in every language.
fn all(value: &str) -> Vec<Page> {
    let pages = pages();
    let mut all = Vec::new();
    for locale in ["en", "de"].map(locale) {
        all.extend(interactions(value).iter().map(|interaction| pages.interaction(interaction, &locale)));
        all.extend([pages.error(&refusal(value), &locale), pages.logged_out(&locale)]);
        all.extend(
            [Some("https://app.example.test/bye"), None].map(|to| pages.logout(&logout(value, to), &locale)),
        );
        all.extend(NOTICES.map(|notice| pages.notice(notice, value, &locale)));
    }
    all
}

fn logout(value: &str, target: Option<&str>) -> LogoutForm {
    LogoutForm {
        action: "/u/logout".to_owned(),
        confirmation: value.to_owned(),
        tenant_name: value.to_owned(),
        user_name: Some(value.to_owned()),
        target: target.map(|target| RedirectUri::parse(target).unwrap()),
        locale: None,
    }
}

fn posted(values: &[(&str, &str)]) -> Page {
    let target = RedirectUri::parse("https://app.example.test/callback?x=1&y=2").unwrap();
    pages().form_post(&target, values, "bm9uY2U", &locale("en"))
}

fn message(response: &[(&str, &str)]) -> Page {
    let target = Origin::parse("https://app.example.test").unwrap();
    pages().web_message(&target, response, "bm9uY2U")
}

/// The tags of a page that begin like this.
fn tags<'a>(html: &'a str, begin: &str) -> Vec<&'a str> {
    html.match_indices(begin).map(|(at, _)| html[at..].split_inclusive('>').next().unwrap()).collect()
}

/// What is to be read in the body, with the white space as it stands.
fn text(html: &str) -> String {
    let body =
        html.split_once("<body").unwrap().1.split_once('>').unwrap().1.split("</body>").next().unwrap();
    body.split('<')
        .enumerate()
        .map(|(at, part)| if at == 0 { part } else { part.split_once('>').unwrap().1 })
        .collect()
}
