use std::net::TcpListener;

use countersign_oauth::Issuer;

use super::DevOptions;
use crate::config::{host, issuer, port};
use crate::{Failure, Sockets, bind_loopback, port_of};

const HTTP_PORT: u16 = 3000;
const HTTPS_PORT: u16 = 3443;

/// The domains of a development server and the sockets that serve them.
pub(super) struct Listeners {
    urls: Urls,
    sockets: Sockets,
}

/// Where the server is reached.
#[derive(Debug, Clone)]
pub(super) struct Urls {
    /// The first domain.
    pub(super) issuer: Issuer,
    /// The http domain, if it is served.
    pub(super) http: Option<Issuer>,
    /// The https domain, if it is served.
    pub(super) https: Option<Issuer>,
}

impl Listeners {
    /// Opens loopback: both domains, or the one that `--issuer` names.
    ///
    /// # Errors
    /// What is in the way, with its option.
    pub(super) fn bind(options: &DevOptions) -> Result<Self, Failure> {
        let Some(only) = &options.issuer else {
            let (https, https_domain) = open("https", options.https_port.unwrap_or(HTTPS_PORT))?;
            let (http, http_domain) = open("http", options.http_port.unwrap_or(HTTP_PORT))?;
            let urls =
                Urls { issuer: https_domain.clone(), http: Some(http_domain), https: Some(https_domain) };
            return Ok(Self { urls, sockets: Sockets { http, https, tls: None } });
        };
        let only = issuer(only).map_err(|text| Failure::of("--issuer", text))?;
        let none = || (Vec::new(), None);
        let ((https, https_domain), (http, http_domain)) = if only.is_https() {
            let port = options.https_port.or_else(|| local_port(&only)).unwrap_or(HTTPS_PORT);
            ((open("https", port)?.0, Some(only.clone())), none())
        } else {
            let port = options.http_port.or_else(|| local_port(&only)).unwrap_or(HTTP_PORT);
            (none(), (open("http", port)?.0, Some(only.clone())))
        };
        let urls = Urls { issuer: only, http: http_domain, https: https_domain };
        Ok(Self { urls, sockets: Sockets { http, https, tls: None } })
    }

    /// The issuers, the first one first.
    pub(super) fn domains(&self) -> Vec<Issuer> {
        self.urls.https.iter().chain(&self.urls.http).cloned().collect()
    }

    /// Where it is reached, and the sockets.
    pub(super) fn split(self) -> (Urls, Sockets) {
        (self.urls, self.sockets)
    }
}

/// Opens a port of loopback and names its domain after the port that it really has.
fn open(scheme: &str, port: u16) -> Result<(Vec<TcpListener>, Issuer), Failure> {
    let option = format!("--{scheme}-port");
    let sockets = bind_loopback(port, &option)?;
    let bound = sockets.first().map_or(Ok(port), |socket| port_of(socket, &option))?;
    let usual = if scheme == "https" { 443 } else { 80 };
    let authority = if bound == usual { "localhost".to_owned() } else { format!("localhost:{bound}") };
    Ok((sockets, Issuer::new(&format!("{scheme}://{authority}/"))))
}

/// The port of an issuer on this machine; one elsewhere is reached through a tunnel or proxy.
fn local_port(issuer: &Issuer) -> Option<u16> {
    let authority = issuer.authority();
    let usual = if issuer.is_https() { 443 } else { 80 };
    crate::config::is_loopback(host(authority)).then(|| port(authority).unwrap_or(usual))
}

#[cfg(test)]
mod tests {
    use super::Listeners;
    use crate::dev::DevOptions;

    fn options(issuer: Option<&str>) -> DevOptions {
        DevOptions {
            http_port: Some(0),
            https_port: Some(0),
            issuer: issuer.map(str::to_owned),
            ..DevOptions::default()
        }
    }

    #[test]
    fn port_0_makes_issuers_with_the_real_ports_https_first() {
        let (urls, sockets) = Listeners::bind(&options(None)).unwrap().split();
        let port = |sockets: &[std::net::TcpListener]| sockets[0].local_addr().unwrap().port();
        let https = format!("https://localhost:{}/", port(&sockets.https));
        assert_eq!(urls.issuer.as_str(), https);
        assert_eq!(urls.https.unwrap().as_str(), https);
        assert_eq!(urls.http.unwrap().as_str(), format!("http://localhost:{}/", port(&sockets.http)));
    }

    #[test]
    fn an_issuer_of_its_own_is_the_only_domain_and_opens_only_its_listener() {
        let (urls, sockets) = Listeners::bind(&options(Some("https://login.test"))).unwrap().split();
        assert_eq!(urls.issuer.as_str(), "https://login.test/");
        assert!(urls.http.is_none() && sockets.http.is_empty() && !sockets.https.is_empty());
        let (urls, sockets) = Listeners::bind(&options(Some("http://localhost:4000/"))).unwrap().split();
        assert_eq!(urls.issuer.as_str(), "http://localhost:4000/");
        assert!(urls.https.is_none() && sockets.https.is_empty() && !sockets.http.is_empty());
        let failure = Listeners::bind(&options(Some("http://login.test/"))).err().unwrap();
        assert_eq!(failure.setting.as_deref(), Some("--issuer"));
    }
}
