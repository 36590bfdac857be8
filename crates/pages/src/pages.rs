use countersign_authorization_endpoint::{FormFrame, Interaction};
use countersign_oauth::{Origin, RedirectUri};
use countersign_openid::LogoutForm;

use crate::assets::{self, Asset};
use crate::error::{self, ErrorView};
use crate::playground::{self, PlaygroundView};
use crate::shell::Shell;
use crate::texts::{Language, TextError, Texts};
use crate::visible::visible;
use crate::{
    Framing, Locale, Notice, Page, csp, form_post, leaving, locale, logged_out, login, notice, question,
    web_message,
};

/// Every page that a user may see, in every language that it is given.
pub struct Pages {
    first: Texts,
    others: Vec<Texts>,
    stylesheet: Asset,
    icon: Asset,
    playground: [Asset; 2],
}

impl Pages {
    /// Reads the texts. The first language serves where no other fits, and the others must say all it says.
    ///
    /// # Errors
    /// [`TextError`] naming the language and what is wrong with its texts.
    pub fn new(languages: &[Language]) -> Result<Self, TextError> {
        let (first, others) = languages.split_first().ok_or(TextError::NoLanguage)?;
        Ok(Self {
            first: Texts::read(first, first)?,
            others: others.iter().map(|other| Texts::read(other, first)).collect::<Result<_, _>>()?,
            stylesheet: assets::stylesheet(),
            icon: assets::icon(),
            playground: assets::playground(),
        })
    }

    /// Chooses the language of a page.
    ///
    /// The first entry of `ui_locales` must be `enabled`, else the tenant's default (the first enabled one)
    /// is used; without `ui_locales` the browser's `Accept-Language` decides among the enabled ones.
    #[must_use]
    pub fn choose_locale(
        &self,
        ui_locales: Option<&str>,
        enabled: &[String],
        accept_language: &str,
    ) -> Locale {
        let spoken: Vec<&str> = self.languages().map(Texts::tag).collect();
        locale::choose(ui_locales, enabled, accept_language, &spoken)
    }

    /// Renders what an authorization request needs from its user.
    #[must_use]
    pub fn interaction(&self, interaction: &Interaction, locale: &Locale) -> Page {
        let shell = |frame: &FormFrame| self.shell(locale, &frame.tenant_name);
        let (frame, html) = match interaction {
            Interaction::Login(form) => (&form.frame, login::login(form, shell(&form.frame))),
            Interaction::Consent(form) => (&form.frame, question::consent(form, shell(&form.frame))),
            Interaction::Confirmation(form) => {
                (&form.frame, question::confirmation(form, shell(&form.frame)))
            }
        };
        Page { html, content_security_policy: csp::form(&frame.redirect_uri), frame: Framing::Denied }
    }

    /// Renders a refusal that is not redirected.
    #[must_use]
    pub fn error(&self, view: &ErrorView, locale: &Locale) -> Page {
        Self::plain(error::error(view, self.shell(locale, "")))
    }

    /// Renders the answer to a logout that names no place to go to; its body's text is exactly `OK`.
    #[must_use]
    pub fn logged_out(&self, locale: &Locale) -> Page {
        Self::plain(logged_out::logged_out(self.shell(locale, "")))
    }

    /// Renders the page that asks whether to sign out.
    #[must_use]
    pub fn logout(&self, form: &LogoutForm, locale: &Locale) -> Page {
        let html = question::logout(form, self.shell(locale, &form.tenant_name));
        let content_security_policy = form.target.as_ref().map_or_else(csp::own_form, csp::form);
        Page { html, content_security_policy, frame: Framing::Denied }
    }

    /// Renders a page that says how something ended.
    #[must_use]
    pub fn notice(&self, notice: Notice, tenant: &str, locale: &Locale) -> Page {
        Self::plain(notice::notice(notice, self.shell(locale, tenant)))
    }

    /// Renders the page that sends the browser to another site in answer to a form: browsers hold a redirect
    /// after a form against the form's own policy, and nobody knew the place when that page was shown.
    ///
    /// `url` is http or https.
    #[must_use]
    pub fn leaving(&self, url: &str, locale: &Locale) -> Page {
        Self::plain(leaving::leaving(url, self.shell(locale, "")))
    }

    /// Renders the page that posts an authorization response to the client.
    ///
    /// `target` is the validated redirect target; `nonce` as for [`Pages::web_message`].
    #[must_use]
    pub fn form_post<N, V>(
        &self,
        target: &RedirectUri,
        response: &[(N, V)],
        nonce: &str,
        locale: &Locale,
    ) -> Page
    where
        N: AsRef<str>,
        V: AsRef<str>,
    {
        let nonce = only_base64(nonce);
        Page {
            html: form_post::form_post(target, response, &nonce, self.shell(locale, "")),
            content_security_policy: csp::form_post(&nonce, target),
            frame: Framing::Allowed,
        }
    }

    /// Renders the page that posts an authorization response to the window that waits for it.
    ///
    /// `target` is the origin of the redirect URI, found among the client's web origins before; `nonce` is
    /// fresh and random, in base64 of either alphabet. Characters of no such alphabet are left out.
    #[must_use]
    pub fn web_message<N, V>(&self, target: &Origin, response: &[(N, V)], nonce: &str) -> Page
    where
        N: AsRef<str>,
        V: AsRef<str>,
    {
        let nonce = only_base64(nonce);
        let shell = self.shell_in(&self.first, "");
        Page {
            html: web_message::web_message(target, response, &nonce, shell),
            content_security_policy: csp::message(&nonce),
            frame: Framing::Allowed,
        }
    }

    /// Renders the playground of the development server; `nonce` as for [`Pages::web_message`].
    #[must_use]
    pub fn playground(&self, view: &PlaygroundView, locale: &Locale, nonce: &str) -> Page {
        let nonce = only_base64(nonce);
        let [script, stylesheet] = &self.playground;
        let files = (script.path.as_str(), stylesheet.path.as_str());
        Page {
            html: playground::playground(view, &nonce, files, self.shell(locale, "")),
            content_security_policy: csp::playground(&nonce),
            frame: Framing::Denied,
        }
    }

    /// The stylesheet of every page.
    #[must_use]
    pub fn stylesheet(&self) -> &Asset {
        &self.stylesheet
    }

    /// The files of the playground, which only a development server serves.
    #[must_use]
    pub fn playground_assets(&self) -> &[Asset] {
        &self.playground
    }

    /// All files that pages load.
    #[must_use]
    pub fn assets(&self) -> [&Asset; 2] {
        [&self.stylesheet, &self.icon]
    }

    fn plain(html: String) -> Page {
        Page { html, content_security_policy: csp::plain(), frame: Framing::Denied }
    }

    fn languages(&self) -> impl Iterator<Item = &Texts> {
        std::iter::once(&self.first).chain(&self.others)
    }

    fn shell(&self, locale: &Locale, tenant: &str) -> Shell<'_> {
        let texts = self.languages().find(|texts| texts.tag() == locale.as_str());
        self.shell_in(texts.unwrap_or(&self.first), tenant)
    }

    fn shell_in<'a>(&'a self, texts: &'a Texts, tenant: &str) -> Shell<'a> {
        let (stylesheet, icon) = (self.stylesheet.path.as_str(), self.icon.path.as_str());
        Shell { texts, stylesheet, icon, tenant: visible(tenant) }
    }
}

impl std::fmt::Debug for Pages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.languages().map(Texts::tag)).finish()
    }
}

/// A nonce without what could end an attribute or a policy's source.
fn only_base64(nonce: &str) -> String {
    nonce.chars().filter(|c| c.is_ascii_alphanumeric() || "+/-_=".contains(*c)).collect()
}

#[cfg(test)]
mod tests;
