/** That somebody signed out, for one client. Plain data: a queue can keep it. Its token is made anew for each try. */
export interface LogoutNotice {
  readonly clientId: string
  readonly sub: string
  /** The session that is over; null: all of the person's. */
  readonly sid: string | null
}

/** How clients are told. */
export interface BackChannelOptions {
  /**
   * Puts a notice where it outlives this process: a queue, whose worker gives it to `server.deliverLogout`. Default: it is told from this
   * process, tried four times within about half a minute.
   */
  readonly push?: (notice: LogoutNotice) => void | Promise<void>
  /** Is told of a notice that was given up, or not taken by `push`. Default: nobody. */
  readonly onFailed?: (notice: LogoutNotice, error: unknown) => void
}
