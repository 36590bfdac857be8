use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use crate::Failure;

/// How often a free port is sought that both loopback addresses have.
const ATTEMPTS: u32 = 32;

/// Binds an address.
///
/// # Errors
/// What is in the way, with the setting or option that says where.
pub fn bind(address: SocketAddr, setting: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(|error| {
        let text = match error.kind() {
            ErrorKind::AddrInUse => format!("{address} is in use by another process"),
            ErrorKind::PermissionDenied => format!("{address} may not be opened by this user"),
            ErrorKind::AddrNotAvailable => format!("{address} is no address of this machine"),
            _ => format!("{address} cannot be opened: {error}"),
        };
        Failure::of(setting, text)
    })
}

/// Binds a port of loopback, on IPv4 and, where the machine has it, on IPv6, since `localhost` means both.
/// Port 0 takes any that is free.
///
/// # Errors
/// What is in the way, with the option that says which port.
pub fn bind_loopback(port: u16, option: &str) -> Result<Vec<TcpListener>, Failure> {
    for _ in 0..ATTEMPTS {
        let first = bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), option)?;
        let taken = port_of(&first, option)?;
        match TcpListener::bind((Ipv6Addr::LOCALHOST, taken)) {
            Ok(second) => return Ok(vec![first, second]),
            Err(error) if error.kind() == ErrorKind::AddrInUse && port == 0 => {}
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                return Err(Failure::of(option, format!("[::1]:{port} is in use by another process")));
            }
            Err(_) => return Ok(vec![first]),
        }
    }
    Err(Failure::of(option, "no port is free on both 127.0.0.1 and [::1]"))
}

/// The port of a bound socket.
///
/// # Errors
/// When the system does not say.
pub fn port_of(socket: &TcpListener, option: &str) -> Result<u16, Failure> {
    match socket.local_addr() {
        Ok(address) => Ok(address.port()),
        Err(error) => Err(Failure::of(option, format!("the socket has no address: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::{bind_loopback, port_of};

    #[test]
    fn rp_41_a_busy_port_is_named_with_its_option() {
        let first = bind_loopback(0, "--http-port").unwrap();
        let port = port_of(first.first().unwrap(), "--http-port").unwrap();
        let failure = bind_loopback(port, "--http-port").unwrap_err();
        assert_eq!(
            failure.to_string(),
            format!("--http-port: 127.0.0.1:{port} is in use by another process")
        );
    }
}
