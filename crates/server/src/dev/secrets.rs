use std::collections::BTreeMap;
use std::path::PathBuf;

use countersign_jose::encode_base64url;
use countersign_management::SampleSecrets;
use countersign_oauth::{HandleHash, Secret, SecureRandom, UserId};
use countersign_storage::User;
use countersign_users::Verification;
use serde::{Deserialize, Serialize};

use super::DataDir;
use crate::{Failure, Parts, files};

/// Passwords in clear, by user: what the banner and the ready file show.
pub(super) type Passwords = BTreeMap<String, Secret<String>>;

/// The clear secrets that a development server keeps, so that they are the same at every start.
pub(super) struct Secrets {
    path: PathBuf,
    kept: Kept,
    changed: bool,
}

#[derive(Default, Serialize, Deserialize)]
struct Kept {
    #[serde(skip_serializing_if = "Option::is_none")]
    sample: Option<Sample>,
    #[serde(default)]
    users: BTreeMap<String, KnownPassword>,
}

#[derive(Serialize, Deserialize)]
struct Sample {
    web: String,
    machine: String,
    password: String,
}

#[derive(Serialize, Deserialize)]
struct KnownPassword {
    password: String,
    /// Hash of the stored hash that it was found to fit, so that it need not be tried at each start.
    fits: String,
}

impl Secrets {
    /// Reads what was kept.
    ///
    /// # Errors
    /// [`Failure`] naming the file.
    pub(super) fn load(folder: &DataDir) -> Result<Self, Failure> {
        let path = folder.file("secrets.json");
        let kept = match files::read(&path)? {
            None => Kept::default(),
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|_| {
                Failure::of("--data", format!("{} is not what we wrote there", path.display()))
            })?,
        };
        Ok(Self { path, kept, changed: false })
    }

    /// The secrets of the sample tenant, drawn at the first start.
    ///
    /// # Errors
    /// [`Failure`] naming the file.
    pub(super) fn sample(&mut self, random: &dyn SecureRandom) -> Result<SampleSecrets, Failure> {
        if self.kept.sample.is_none() {
            let drawn = SampleSecrets::generate(random);
            let text = |secret: &Secret<String>| secret.expose().clone();
            self.kept.sample = Some(Sample {
                web: text(&drawn.web),
                machine: text(&drawn.machine),
                password: text(&drawn.password),
            });
            self.changed = true;
            // Before they are used, so that a crash in between forgets none.
            self.save()?;
        }
        let sample = self.kept.sample.as_ref().ok_or_else(|| Failure::new("no sample secrets"))?;
        Ok(SampleSecrets {
            web: Secret::from(sample.web.as_str()),
            machine: Secret::from(sample.machine.as_str()),
            password: Secret::from(sample.password.as_str()),
        })
    }

    /// Keeps the password of a user, who has it.
    pub(super) fn learn(&mut self, user: &User, password: &Secret<String>) {
        let known = KnownPassword { password: password.expose().clone(), fits: mark(user) };
        self.kept.users.insert(user.id.to_string(), known);
        self.changed = true;
    }

    /// The passwords that still are their users'; what was changed since is forgotten.
    ///
    /// # Errors
    /// When the store or the hasher fails, or the file cannot be written.
    pub(super) async fn check(mut self, parts: &Parts) -> Result<Passwords, Failure> {
        let mut passwords = Passwords::new();
        for (id, known) in std::mem::take(&mut self.kept.users) {
            let user = parts.storage.user(&UserId::new(id.clone())).await?;
            let password = Secret::new(known.password.clone());
            let Some(user) = user else {
                self.changed = true;
                continue;
            };
            if mark(&user) == known.fits {
                self.kept.users.insert(id.clone(), known);
            } else if parts.hasher.verify(&password, user.password.as_ref()).await? == Verification::Wrong {
                self.changed = true;
                continue;
            } else {
                // The same password under a hash of another cost.
                self.learn(&user, &password);
            }
            passwords.insert(id, password);
        }
        self.save()?;
        Ok(passwords)
    }

    fn save(&mut self) -> Result<(), Failure> {
        if self.changed {
            let json =
                serde_json::to_vec_pretty(&self.kept).map_err(|error| Failure::new(error.to_string()))?;
            files::replace(&self.path, &json)?;
            self.changed = false;
        }
        Ok(())
    }
}

fn mark(user: &User) -> String {
    let hash = user.password.as_ref().map_or("", |hash| hash.as_str());
    encode_base64url(HandleHash::of(hash).as_bytes())
}
