use countersign_management::{
    ImportOptions, SAMPLE_PORTS, SampleTenant, StoreContent, apply_playground, apply_sample, store_content,
};

use countersign_oauth::Issuer;

use super::secrets::{Passwords, Secrets};
use super::{DataDir, DevOptions};
use crate::apply::{admin, apply_tenant, apply_users, one, refused};
use crate::{Failure, Parts};

/// Puts into the store what the options name, or the sample tenant where there is nothing else; answers the
/// passwords that are known in clear.
///
/// # Errors
/// Everything in the files that cannot be taken.
pub(super) async fn fill(
    options: &DevOptions,
    (folder, domains): (&DataDir, &[Issuer]),
    parts: &Parts,
    warnings: &mut String,
) -> Result<Passwords, Vec<Failure>> {
    let mut secrets = Secrets::load(folder).map_err(one)?;
    let found = store_content(&*parts.storage).await.map_err(|fault| one(fault.into()))?;
    match (&options.tenant, found) {
        (Some(path), _) => {
            apply_tenant(path, options.allow_unenforced, parts, warnings).await?;
        }
        (None, StoreContent::Empty | StoreContent::Sample) => make_sample(parts, &mut secrets).await?,
        (None, StoreContent::Tenant) => {}
    }
    let callbacks: Vec<String> = domains.iter().map(|domain| domain.endpoint("playground")).collect();
    apply_playground(&callbacks, &admin(parts)).await.map_err(|fault| one(fault.into()))?;
    if let Some(path) = &options.users {
        let how = ImportOptions { allow_clear_password: true, allow_unenforced: options.allow_unenforced };
        let report = apply_users(path, how, parts, warnings).await?;
        for imported in report.users {
            if let (Some(id), Some(password)) = (imported.user_id, imported.password) {
                let user = parts.storage.user(&id).await.map_err(|fault| one(fault.into()))?;
                user.iter().for_each(|user| secrets.learn(user, &password));
            }
        }
    }
    secrets.check(parts).await.map_err(one)
}

async fn make_sample(parts: &Parts, secrets: &mut Secrets) -> Result<(), Vec<Failure>> {
    let drawn = secrets.sample(&*parts.random).map_err(one)?;
    let sample = SampleTenant::new(&SAMPLE_PORTS, &drawn).map_err(|problems| {
        problems.iter().map(|problem| Failure::of("secrets.json", problem.to_string())).collect::<Vec<_>>()
    })?;
    let made = apply_sample(&sample, &*parts.sealer, &*parts.hasher, &admin(parts)).await;
    let user = made.map_err(|error| refused("the sample tenant", error))?.user;
    if let (Some(id), Some(password)) = (user.user_id, user.password) {
        let user = parts.storage.user(&id).await.map_err(|fault| one(fault.into()))?;
        user.iter().for_each(|user| secrets.learn(user, &password));
    }
    Ok(())
}
