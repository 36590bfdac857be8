use countersign_oauth::{ClientId, Compliance, Error, OAuthError, Parameters, Secret};
use countersign_storage::{Client, Clients, TokenEndpointAuthMethod};

use crate::assertion::Assertion;
use crate::{
    AssertionError, ClientAuthError, ClientMethod, ClientMethods, MethodContext, basic, client_secret_jwt,
    private_key_jwt, secret,
};

/// What a request presents to say who calls (RFC 6749 §2.3).
#[derive(Debug, Clone, Copy)]
pub struct Presented<'a> {
    /// The `Authorization` header.
    pub authorization: Option<&'a str>,
    /// The body's parameters.
    pub parameters: &'a Parameters,
}

/// The method that actually authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// A public client: identified, not authenticated.
    None,
    /// The secret in the body.
    ClientSecretPost,
    /// The secret in the header.
    ClientSecretBasic,
    /// An assertion under a key of the client's own.
    PrivateKeyJwt,
    /// An assertion under its secret.
    ClientSecretJwt,
    /// A method that the composition adds, by its name.
    Added(&'static str),
}

/// A client whose authentication succeeded. Only [`ClientAuthenticator`] makes one.
#[derive(Debug, Clone)]
pub struct AuthenticatedClient {
    client: Client,
    method: Method,
    compliance: Compliance,
}

impl AuthenticatedClient {
    /// The client as it was read; its epoch belongs into what the request requires at commit.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The method that authenticated it.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// Whether it proved possession of credentials.
    #[must_use]
    pub fn is_confidential(&self) -> bool {
        self.method != Method::None
    }

    /// The profile that holds for it.
    #[must_use]
    pub fn compliance(&self) -> Compliance {
        self.compliance
    }
}

/// Authenticates clients at every endpoint that asks for it.
pub struct ClientAuthenticator<'a> {
    /// Where clients are found.
    pub clients: &'a dyn Clients,
    /// The tenant's profile, for clients that name none.
    pub compliance: Compliance,
    /// The methods beyond the standard ones.
    pub methods: &'a ClientMethods,
    /// What a method sees of the request.
    pub context: MethodContext<'a>,
}

impl ClientAuthenticator<'_> {
    /// Authenticates the caller: exactly one method, the registered one.
    ///
    /// In the default profile `client_secret_post` and `client_secret_basic` count as one method.
    ///
    /// # Errors
    /// [`ClientAuthError`] as a refusal, or a fault when the check cannot be done; with the profile that
    /// dresses it: the client's own once it is known.
    pub async fn authenticate(
        &self,
        presented: Presented<'_>,
    ) -> Result<AuthenticatedClient, (Error, Compliance)> {
        let as_tenant = |error: Error| (error, self.compliance);
        let claim = self.claim(presented).map_err(|error| as_tenant(error.into()))?;
        let client = self.find(&claim).await.map_err(as_tenant)?;
        let compliance = client.settings.compliance.unwrap_or(self.compliance);
        let method = match &claim.by {
            By::Added(method) => self.check_added(*method, &presented, &client).await,
            By::Assertion(assertion) => self.check_assertion(assertion, &client, compliance).await,
            By::Standard { secret, method } => {
                self.check(secret.as_ref(), *method, &client, compliance).map(|()| *method)
            }
        };
        let method = method.map_err(|error| (error, compliance))?;
        Ok(AuthenticatedClient { client, method, compliance })
    }

    /// Identifies the caller of a legacy endpoint, where a client need not authenticate: whoever presents no
    /// credentials is taken for the client that it names, and is not confidential. Credentials that are
    /// presented must be right.
    ///
    /// # Errors
    /// As [`ClientAuthenticator::authenticate`].
    pub async fn identify(
        &self,
        presented: Presented<'_>,
    ) -> Result<AuthenticatedClient, (Error, Compliance)> {
        let as_tenant = |error: Error| (error, self.compliance);
        let claim = self.claim(presented).map_err(|error| as_tenant(error.into()))?;
        if !matches!(claim.by, By::Standard { secret: None, .. }) {
            return self.authenticate(presented).await;
        }
        let client = self.find(&claim).await.map_err(as_tenant)?;
        let compliance = client.settings.compliance.unwrap_or(self.compliance);
        Ok(AuthenticatedClient { client, method: Method::None, compliance })
    }

    async fn find(&self, claim: &Claim<'_>) -> Result<Client, Error> {
        let found = self.clients.client(&claim.client_id).await?;
        found.ok_or_else(|| Error::Refused(claim.unknown_client().into()))
    }

    /// What the request claims: by one method, and no contradiction (RFC 6749 §2.3).
    fn claim<'p>(&'p self, presented: Presented<'p>) -> Result<Claim<'p>, OAuthError> {
        let mut added = None;
        for method in self.methods.iter() {
            if let Some(client_id) = method.claim(&presented)?
                && added.replace((client_id, method)).is_some()
            {
                return Err(ClientAuthError::TwoMethods.into());
            }
        }
        let Some((client_id, method)) = added else { return Ok(Claim::parse(presented)?) };
        if presented_basic(presented) || presented.parameters.find("client_secret").is_some() {
            return Err(ClientAuthError::TwoMethods.into());
        }
        if presented.parameters.find("client_id").is_some_and(|named| named != client_id.as_str()) {
            return Err(ClientAuthError::Contradiction.into());
        }
        Ok(Claim { client_id, by: By::Added(method) })
    }

    /// Has an added method verify a client that is registered for it.
    async fn check_added(
        &self,
        method: &dyn ClientMethod,
        presented: &Presented<'_>,
        client: &Client,
    ) -> Result<Method, Error> {
        let name = method.name();
        match &client.settings.token_endpoint_auth_method {
            TokenEndpointAuthMethod::Foreign(registered) if registered == name => {
                method.verify(presented, client, &self.context).await?;
                Ok(Method::Added(name))
            }
            _ => Err(Error::Refused(ClientAuthError::WrongMethod.into())),
        }
    }

    /// Has the assertion method that the client is registered for verify one.
    async fn check_assertion(
        &self,
        assertion: &Assertion<'_>,
        client: &Client,
        compliance: Compliance,
    ) -> Result<Method, Error> {
        match client.settings.token_endpoint_auth_method {
            TokenEndpointAuthMethod::PrivateKeyJwt => {
                private_key_jwt::verify(assertion, client, compliance, &self.context).await?;
                Ok(Method::PrivateKeyJwt)
            }
            TokenEndpointAuthMethod::ClientSecretJwt => {
                client_secret_jwt::verify(assertion, client, &self.context).await?;
                Ok(Method::ClientSecretJwt)
            }
            TokenEndpointAuthMethod::None
            | TokenEndpointAuthMethod::ClientSecretPost
            | TokenEndpointAuthMethod::ClientSecretBasic
            | TokenEndpointAuthMethod::Foreign(_) => {
                Err(OAuthError::from(AssertionError::NotRegistered).into())
            }
        }
    }

    /// Compares what was presented with how the client is registered.
    fn check(
        &self,
        secret: Option<&Secret<String>>,
        method: Method,
        client: &Client,
        compliance: Compliance,
    ) -> Result<(), Error> {
        let refuse = |error: ClientAuthError| Err(Error::Refused(error.into()));
        match (secret, &client.settings.token_endpoint_auth_method) {
            (None, TokenEndpointAuthMethod::None) => Ok(()),
            // Whatever secret such a client once had, it is not asked about.
            (_, TokenEndpointAuthMethod::PrivateKeyJwt | TokenEndpointAuthMethod::ClientSecretJwt) => {
                refuse(AssertionError::Required.into())
            }
            (None, _) => refuse(ClientAuthError::MissingSecret),
            (Some(_), TokenEndpointAuthMethod::None | TokenEndpointAuthMethod::Foreign(_)) => {
                refuse(ClientAuthError::WrongMethod)
            }
            (Some(presented), registered) => {
                if !secret::matches(client, presented, self.context.sealer)? {
                    return refuse(ClientAuthError::WrongSecret);
                }
                let registered_is_basic = *registered == TokenEndpointAuthMethod::ClientSecretBasic;
                if compliance.is_rfc() && registered_is_basic != (method == Method::ClientSecretBasic) {
                    return refuse(ClientAuthError::WrongMethod);
                }
                Ok(())
            }
        }
    }
}

/// What the request claims, before anything was checked.
struct Claim<'a> {
    client_id: ClientId,
    by: By<'a>,
}

/// How it says so.
enum By<'a> {
    /// By a secret, or by nothing.
    Standard { secret: Option<Secret<String>>, method: Method },
    /// By an assertion.
    Assertion(Box<Assertion<'a>>),
    /// By a method that the composition adds.
    Added(&'a dyn ClientMethod),
}

impl<'a> Claim<'a> {
    fn parse(presented: Presented<'a>) -> Result<Self, ClientAuthError> {
        let parameters = presented.parameters;
        let asserted = parameters.find("client_assertion").is_some()
            || parameters.find("client_assertion_type").is_some();
        let posted = parameters.find("client_secret").map(Secret::from);
        if asserted && (posted.is_some() || presented_basic(presented)) {
            return Err(ClientAuthError::TwoMethods);
        }
        if let Some(assertion) = Assertion::parse(&presented)? {
            return Ok(Self { client_id: assertion.client_id()?, by: By::Assertion(Box::new(assertion)) });
        }
        let named = parameters.find("client_id").map(ClientId::new);
        let basic = presented.authorization.map(basic::parse).transpose()?.flatten();
        match (basic, posted) {
            (Some(_), Some(_)) => Err(ClientAuthError::TwoMethods),
            (Some((id, _)), None) if named.as_ref().is_some_and(|named| *named != id) => {
                Err(ClientAuthError::Contradiction)
            }
            (Some((client_id, secret)), None) => {
                let by = By::Standard { secret: Some(secret), method: Method::ClientSecretBasic };
                Ok(Self { client_id, by })
            }
            (None, posted) => {
                let method = if posted.is_some() { Method::ClientSecretPost } else { Method::None };
                let client_id = named.ok_or(ClientAuthError::NoClientId)?;
                Ok(Self { client_id, by: By::Standard { secret: posted, method } })
            }
        }
    }

    /// What a client that does not exist is refused with.
    fn unknown_client(&self) -> ClientAuthError {
        match self.by {
            By::Assertion(_) => AssertionError::UnknownClient.into(),
            By::Standard { .. } | By::Added(_) => ClientAuthError::UnknownClient(self.client_id.clone()),
        }
    }
}

fn presented_basic(presented: Presented<'_>) -> bool {
    presented
        .authorization
        .and_then(|header| header.split(' ').next())
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic"))
}

#[cfg(test)]
mod tests;
