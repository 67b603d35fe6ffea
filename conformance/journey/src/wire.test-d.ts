/** The types that the SDK gives its users are those of the server's schemas: each way must be assignable. */
import type * as server from "@ashlar/protocol"
import type * as sdk from "@ashlar/sdk"

type Agree<A, B> = [A] extends [B]
  ? [B] extends [A]
    ? true
    : "the server lacks what the SDK has"
  : "the SDK lacks what the server has"
const agree = <A, B>(_yes: Agree<A, B>): void => undefined

/** What a schema may leave undefined is absent on the wire. */
type Given<T> = T extends readonly unknown[] | string | null
  ? T
  : { [K in keyof T]: K extends "where" ? Exclude<T[K], undefined> : Given<Exclude<T[K], undefined>> }

agree<server.User, sdk.User>(true)
agree<server.Session, sdk.Session>(true)
agree<server.SessionInfo, sdk.SessionInfo>(true)
agree<server.SetupFacts, sdk.SetupState>(true)
agree<server.Project, sdk.Project>(true)
agree<server.Member, sdk.Member>(true)
agree<server.MemberAdded, sdk.AddedMember>(true)
agree<server.Key, sdk.Key>(true)
agree<server.KeyCreated, sdk.CreatedKey>(true)
agree<Given<server.Rules>, sdk.Rules>(true)
agree<server.Index, sdk.Index>(true)
agree<Given<Pick<server.Collection, "rules">>["rules"], sdk.CollectionInfo["rules"]>(true)
agree<Given<Omit<server.Collection, "rules">>, Omit<sdk.CollectionInfo, "rules">>(true)
agree<server.KmsKey, sdk.KmsKey>(true)
agree<server.SecretInfo, sdk.SecretInfo>(true)
agree<server.DeviceStart, sdk.DeviceStart>(true)
agree<server.DeviceFacts, sdk.DeviceFacts>(true)
agree<server.AppUser, sdk.AppUser>(true)
agree<server.AppSession, sdk.AppSession>(true)
agree<server.AppSignedUp, sdk.AppSignedUp>(true)
agree<server.AppProvider, sdk.AppProvider>(true)
agree<server.AppOfferedProvider, sdk.AppOfferedProvider>(true)
agree<server.AppAuthorizing, sdk.AppAuthorizing>(true)
agree<server.AppAsked, sdk.AppAsked>(true)
agree<server.AppConfirmed, sdk.AppConfirmed>(true)
agree<Given<server.AppSettings>, sdk.AppSettings>(true)
agree<server.Document, sdk.Document<Readonly<Record<string, unknown>>>>(true)
agree<server.Explanation, sdk.Explanation>(true)
agree<server.Limits, Required<sdk.Limits>>(true)
agree<server.FunctionInfo, sdk.FunctionInfo>(true)
agree<server.Version, sdk.FunctionVersion>(true)
agree<server.Deployed, sdk.DeployedFunction>(true)
agree<server.FunctionMetrics, sdk.FunctionMetrics>(true)
agree<server.Capabilities, sdk.Capabilities>(true)
