//! Renders every page into a directory, to look at: `cargo run -p countersign-pages --example render -- DIR`.

use std::error::Error;
use std::path::{Path, PathBuf};

use countersign_authorization_endpoint::{
    ConfirmationForm, ConsentForm, FormFrame, Interaction, LoginForm, LoginProblem, ScopeLine,
};
use countersign_oauth::{Origin, RedirectUri, Scope};
use countersign_pages::{ErrorView, Language, Page, Pages};

const LONG: &str =
    "Königlich-Preußische Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft";

fn main() -> Result<(), Box<dyn Error>> {
    let directory = PathBuf::from(std::env::args().nth(1).ok_or("name the directory to write to")?);
    std::fs::create_dir_all(&directory)?;
    let pages = Pages::new(&Language::built_in())?;
    for asset in pages.assets() {
        write(&directory, asset.path.trim_start_matches('/'), asset.bytes)?;
    }
    for language in ["en", "de"] {
        let locale = pages.choose_locale(Some(language), &[], "");
        let page = |name: &str, page: Page| {
            write(&directory, &format!("{name}-{language}.html"), with_policy(&page).as_bytes())
        };
        for (name, interaction) in interactions()? {
            page(name, pages.interaction(&interaction, &locale))?;
        }
        page("error", pages.error(&refusal(), &locale))?;
        page("logged-out", pages.logged_out(&locale))?;
    }
    let origin = Origin::parse("https://app.example.test").ok_or("no origin")?;
    let message = pages.web_message(&origin, &[("code", "c0de"), ("state", "</script>")], "bm9uY2U");
    write(&directory, "web-message.html", with_policy(&message).as_bytes())
}

/// A file has no headers, so the policy moves into the document, as far as documents may say it.
fn with_policy(page: &Page) -> String {
    let policy = page.content_security_policy.replace("; frame-ancestors 'none'", "");
    let meta = format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">");
    page.html.replacen("<meta charset=\"utf-8\">", &format!("<meta charset=\"utf-8\">{meta}"), 1)
}

fn write(directory: &Path, name: &str, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    let path = directory.join(name);
    std::fs::create_dir_all(path.parent().ok_or("no folder")?)?;
    Ok(std::fs::write(path, bytes)?)
}

fn interactions() -> Result<Vec<(&'static str, Interaction)>, Box<dyn Error>> {
    let frame = |client: &str, uri: &str| -> Result<FormFrame, Box<dyn Error>> {
        Ok(FormFrame {
            action: "/authorize/answer".to_owned(),
            transaction: "sealed".to_owned(),
            client_name: client.to_owned(),
            tenant_name: "Harbour & Sons".to_owned(),
            redirect_uri: RedirectUri::parse(uri)?,
            locale: None,
        })
    };
    let web = "https://photos.example.test/callback";
    let login = |client: &str, identifier: &str, problem| -> Result<Interaction, Box<dyn Error>> {
        Ok(Interaction::Login(LoginForm {
            frame: frame(client, web)?,
            identifier: identifier.to_owned(),
            problem,
            limit: None,
        }))
    };
    let consent = |client: &str, user: &str, api: Option<&str>, scopes: &[(&str, Option<&str>)]| {
        let line = |(value, words): &(&str, Option<&str>)| ScopeLine {
            value: (*value).to_owned(),
            description: words.map(str::to_owned),
        };
        Ok::<_, Box<dyn Error>>(Interaction::Consent(ConsentForm {
            frame: frame(client, web)?,
            user_name: user.to_owned(),
            api_name: api.map(str::to_owned),
            scopes: scopes.iter().map(line).collect(),
            scope: scopes.iter().map(|(value, _)| *value).collect::<Scope>(),
        }))
    };
    let confirmation = |client: &str, target: &str| {
        Ok::<_, Box<dyn Error>>(Interaction::Confirmation(ConfirmationForm {
            frame: frame(client, "com.example.photos://done")?,
            user_name: "ada@example.test".to_owned(),
            target: target.to_owned(),
        }))
    };
    let usual = [
        ("openid", None),
        ("profile", None),
        ("offline_access", None),
        ("read:photos", Some("Look at your photos and albums")),
        ("write:photos", None),
    ];
    let long_scope = "https://api.photos.example.test/auth/albums.shared.with.family.and.friends.readonly";
    Ok(vec![
        ("login", login("Photo Book", "", None)?),
        ("login-wrong", login("Photo Book", "ada@example.test", Some(LoginProblem::WrongCredentials))?),
        ("login-throttled", login("Photo Book", "ada@example.test", Some(LoginProblem::TooManyAttempts))?),
        ("login-long", login(LONG, &format!("{LONG}@example.test"), Some(LoginProblem::Incomplete))?),
        ("consent", consent("Photo Book", "ada@example.test", Some("Photo API"), &usual)?),
        (
            "consent-long",
            consent(LONG, LONG, Some(LONG), &[("openid", None), (long_scope, None), ("x", Some(LONG))])?,
        ),
        ("confirmation", confirmation("Photo Book", "com.example.photos://…")?),
        ("confirmation-long", confirmation(LONG, &format!("com.example.{}://…", "long.".repeat(30)))?),
    ])
}

fn refusal() -> ErrorView {
    let url = "https://photos.example.test/callback";
    ErrorView {
        code: "invalid_request".to_owned(),
        description: "The provided redirect_uri is not in the list of allowed callback URLs.".to_owned(),
        title: Some("Callback URL mismatch.".to_owned()),
        rule: "authorize.callback_mismatch",
        tracking: "9f86d081884c7d659a2feaa0c55ad015".to_owned(),
        compared: vec![
            ("redirect_uri".to_owned(), format!("{url}/")),
            ("callbacks".to_owned(), url.to_owned()),
        ],
        explained_in: Some("docs/reference/errors.md#authorize.callback_mismatch".to_owned()),
    }
}
