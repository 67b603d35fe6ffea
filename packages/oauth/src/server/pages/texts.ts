/** The words of the default pages, in plain text. `{client}` and its like are put in where they stand. */
export interface OAuthTexts {
  /** The `lang` of the pages. */
  readonly language: string
  readonly signInTitle: string
  readonly signInFor: string
  readonly username: string
  readonly password: string
  readonly signIn: string
  readonly signInFailed: string
  readonly tooManyTries: string
  readonly consentTitle: string
  readonly consentWants: string
  readonly consentGoesTo: string
  readonly signedInAs: string
  readonly allow: string
  readonly deny: string
  readonly deviceTitle: string
  readonly deviceCode: string
  readonly deviceHint: string
  readonly deviceContinue: string
  readonly deviceUnknown: string
  readonly deviceCheck: string
  readonly deviceAllowed: string
  readonly deviceDenied: string
  readonly signOutTitle: string
  readonly signOutAsk: string
  readonly signOut: string
  readonly staySignedIn: string
  readonly signedOut: string
  readonly stayedSignedIn: string
  readonly errorTitle: string
  readonly errorHint: string
  readonly continueTitle: string
  readonly continue: string
  /** What scopes of OpenID Connect mean. */
  readonly scopeOpenid: string
  readonly scopeProfile: string
  readonly scopeEmail: string
  readonly scopeAddress: string
  readonly scopePhone: string
  readonly scopeOfflineAccess: string
}

export const ENGLISH: OAuthTexts = {
  language: "en",
  signInTitle: "Sign in",
  signInFor: "to continue to {client}",
  username: "Name or email address",
  password: "Password",
  signIn: "Sign in",
  signInFailed: "That name and that password do not belong together.",
  tooManyTries: "Too many tries. Wait a few minutes.",
  consentTitle: "Allow {client}?",
  consentWants: "{client} asks for:",
  consentGoesTo: "You will be sent to {host}.",
  signedInAs: "You are signed in as {person}.",
  allow: "Allow",
  deny: "Do not allow",
  deviceTitle: "Connect a device",
  deviceCode: "Code",
  deviceHint: "Enter the code that your device shows.",
  deviceContinue: "Continue",
  deviceUnknown: "No device waits with this code. Look at it again.",
  deviceCheck:
    "Continue only if you began this yourself, and your device shows {code}. If somebody sent you this code, do not allow it.",
  deviceAllowed: "Your device is connected. You can close this page.",
  deviceDenied: "Your device was not connected. You can close this page.",
  signOutTitle: "Sign out",
  signOutAsk: "Do you want to sign out?",
  signOut: "Sign out",
  staySignedIn: "Stay signed in",
  signedOut: "You are signed out.",
  stayedSignedIn: "You are still signed in.",
  errorTitle: "This did not work",
  errorHint: "Go back to the application and try again.",
  continueTitle: "Continue",
  continue: "Continue",
  scopeOpenid: "To know who you are",
  scopeProfile: "Your name, picture and other parts of your profile",
  scopeEmail: "Your email address",
  scopeAddress: "Your postal address",
  scopePhone: "Your phone number",
  scopeOfflineAccess: "All of this also while you are away",
}
