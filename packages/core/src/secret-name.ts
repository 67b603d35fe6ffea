const SECRET_NAME =
  /pass(?:word|wd|phrase|code)|secret|token|credential|api[-_]?key|private[-_]?key|authorization|cookie/i

/**
 * Whether what stands under this name is not to be shown, in an answer or a log: `password`, `newPassword`, `authorization`,
 * `x-api-key` … For what no schema marks as secret.
 */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name)
}
