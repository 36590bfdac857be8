// The hosted pages as a person sees them; the only place that knows their selectors.

export const selectors = {
  username: 'input[name=username]',
  password: 'input[name=password]',
  login: 'button[type=submit][name=action][value=default]',
  accept: 'button[name=action][value=accept]',
  deny: 'button[name=action][value=deny]',
  problem: '#error-summary[role=alert]',
  error: 'main[data-error-code]',
  errorText: '#error-description',
};

/** Fills in the login page and submits it. */
export async function logIn(page, user, password = user.password) {
  await page.fill(selectors.username, user.email);
  await page.fill(selectors.password, password);
  await page.click(selectors.login);
}
