use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpListener};

use countersign_oauth::Issuer;

use super::DevOptions;
use crate::config::{host, issuer, port};
use crate::{Failure, Sockets, bind, bind_loopback, port_of};

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
    /// The https domains of further names of this machine.
    pub(super) hosts: Vec<Issuer>,
    /// The http domain, if it is served.
    pub(super) http: Option<Issuer>,
    /// The https domain, if it is served.
    pub(super) https: Option<Issuer>,
}

impl Urls {
    /// The page that shows a login step by step.
    pub(super) fn playground(&self) -> String {
        self.issuer.endpoint("playground")
    }
}

impl Listeners {
    /// Opens loopback: both domains, or the one that `--issuer` names. `hosts` are further https domains;
    /// they alone are reached from elsewhere, where `--listen` says so.
    ///
    /// # Errors
    /// What is in the way, with its option.
    pub(super) fn bind(options: &DevOptions, hosts: &[String]) -> Result<Self, Failure> {
        let Some(only) = &options.issuer else {
            let https_port = options.https_port.unwrap_or(HTTPS_PORT);
            let (https, bound) = match options.listen {
                None => open("https", https_port)?,
                Some(address) => open_beside_loopback(address, https_port)?,
            };
            let (http, http_bound) = open("http", options.http_port.unwrap_or(HTTP_PORT))?;
            let https_domain = domain("https", "localhost", bound);
            let urls = Urls {
                issuer: https_domain.clone(),
                hosts: hosts.iter().map(|host| domain("https", host, bound)).collect(),
                http: Some(domain("http", "localhost", http_bound)),
                https: Some(https_domain),
            };
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
        let urls = Urls { issuer: only, hosts: Vec::new(), http: http_domain, https: https_domain };
        Ok(Self { urls, sockets: Sockets { http, https, tls: None } })
    }

    /// The issuers, the first one first.
    pub(super) fn domains(&self) -> Vec<Issuer> {
        self.urls.https.iter().chain(&self.urls.hosts).chain(&self.urls.http).cloned().collect()
    }

    /// Where it is reached, and the sockets.
    pub(super) fn split(self) -> (Urls, Sockets) {
        (self.urls, self.sockets)
    }
}

/// Opens a port of loopback; answers the port that it really has.
fn open(scheme: &str, port: u16) -> Result<(Vec<TcpListener>, u16), Failure> {
    let option = format!("--{scheme}-port");
    let sockets = bind_loopback(port, &option)?;
    let bound = sockets.first().map_or(Ok(port), |socket| port_of(socket, &option))?;
    Ok((sockets, bound))
}

/// Opens an address, and loopback where the address is not all of this machine's.
fn open_beside_loopback(address: IpAddr, port: u16) -> Result<(Vec<TcpListener>, u16), Failure> {
    if address.is_loopback() {
        return open("https", port);
    }
    if !address.is_unspecified() {
        let (mut sockets, bound) = open("https", port)?;
        sockets.push(bind(SocketAddr::new(address, bound), "--listen")?);
        return Ok((sockets, bound));
    }
    let first = bind(SocketAddr::new(address, port), "--listen")?;
    let bound = port_of(&first, "--listen")?;
    // `localhost` means ::1, too. Where `::` takes both families already, this fails and nothing is missing.
    let second = TcpListener::bind((Ipv6Addr::LOCALHOST, bound)).ok().filter(|_| address.is_ipv4());
    Ok((std::iter::once(first).chain(second).collect(), bound))
}

/// The domain of a host at a port.
fn domain(scheme: &str, host: &str, port: u16) -> Issuer {
    let usual = if scheme == "https" { 443 } else { 80 };
    let authority = if port == usual { host.to_owned() } else { format!("{host}:{port}") };
    Issuer::new(&format!("{scheme}://{authority}/"))
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
        let (urls, sockets) = Listeners::bind(&options(None), &[]).unwrap().split();
        let port = |sockets: &[std::net::TcpListener]| sockets[0].local_addr().unwrap().port();
        let https = format!("https://localhost:{}/", port(&sockets.https));
        assert_eq!(urls.issuer.as_str(), https);
        assert_eq!(urls.https.unwrap().as_str(), https);
        assert_eq!(urls.http.unwrap().as_str(), format!("http://localhost:{}/", port(&sockets.http)));
    }

    #[test]
    fn every_host_is_an_https_domain_at_the_same_port_and_http_stays_on_loopback() {
        let all = DevOptions { listen: Some("0.0.0.0".parse().unwrap()), ..options(None) };
        let listeners = Listeners::bind(&all, &["host.docker.internal".to_owned()]).unwrap();
        let domains = listeners.domains();
        let (urls, sockets) = listeners.split();
        let address = |socket: &std::net::TcpListener| socket.local_addr().unwrap();
        let port = address(&sockets.https[0]).port();
        assert!(address(&sockets.https[0]).ip().is_unspecified());
        assert_eq!(urls.hosts[0].as_str(), format!("https://host.docker.internal:{port}/"));
        assert_eq!(domains[1], urls.hosts[0]);
        assert_eq!(urls.issuer.as_str(), format!("https://localhost:{port}/"));
        assert!(sockets.http.iter().all(|socket| address(socket).ip().is_loopback()));
        let failure = Listeners::bind(&DevOptions { listen: Some("192.0.2.1".parse().unwrap()), ..all }, &[]);
        assert_eq!(failure.err().unwrap().setting.as_deref(), Some("--listen"));
    }

    #[test]
    fn an_issuer_of_its_own_is_the_only_domain_and_opens_only_its_listener() {
        let (urls, sockets) = Listeners::bind(&options(Some("https://login.test")), &[]).unwrap().split();
        assert_eq!(urls.issuer.as_str(), "https://login.test/");
        assert!(urls.http.is_none() && sockets.http.is_empty() && !sockets.https.is_empty());
        let (urls, sockets) = Listeners::bind(&options(Some("http://localhost:4000/")), &[]).unwrap().split();
        assert_eq!(urls.issuer.as_str(), "http://localhost:4000/");
        assert!(urls.https.is_none() && sockets.https.is_empty() && !sockets.http.is_empty());
        let failure = Listeners::bind(&options(Some("http://login.test/")), &[]).err().unwrap();
        assert_eq!(failure.setting.as_deref(), Some("--issuer"));
    }
}
