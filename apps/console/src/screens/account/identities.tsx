import type { FactorState, LinkedIdentity, RememberedDevice } from "@ashlar/sdk"
import { useQuery } from "@tanstack/react-query"
import { KeyRound, Unlink, X } from "lucide-react"
import { toDate } from "../../model/format.ts"
import { identitiesQuery, queryClient, rememberedQuery } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button, IconButton } from "../../ui/button.tsx"
import { Acts, Ago, ListTable } from "../../ui/list.tsx"
import { waysQuery } from "../sign-in-ways.tsx"
import { useStepUp } from "./step-up.tsx"

/** Providers by whom the person is known, and may be. */
export function IdentitiesSection({ state }: { state: FactorState }) {
  const ways = useQuery(waysQuery())
  const identities = useQuery(identitiesQuery())
  const { attempt, busy, dialog } = useStepUp(state)
  const known = identities.data ?? []
  const providers = ways.data?.providers ?? []
  if (providers.length === 0 && known.length === 0) return null
  const connect = async (name: string): Promise<void> => {
    const { url } = await admin.auth.provider.begin(name, { connect: true })
    location.assign(url)
  }
  const disconnect = async ({ id, label }: LinkedIdentity): Promise<void> => {
    await admin.identities.disconnect(id)
    void queryClient.invalidateQueries({ queryKey: identitiesQuery().queryKey })
    showToast({ tone: "ok", title: "Disconnected", text: label })
  }
  return (
    <section className="setting" aria-label="Other providers">
      <h2>Other providers</h2>
      {known.length > 0 && (
        <ListTable heads={["Provider", ["Connected", "w-32"]]} acts="w-16">
          {known.map((identity) => (
            <tr key={identity.id}>
              <td className="font-strong">{identity.label}</td>
              <Ago at={identity.linkedAt} />
              <Acts>
                <IconButton
                  icon={Unlink}
                  label={`Disconnect ${identity.label}`}
                  disabled={busy}
                  onClick={() => void attempt(() => disconnect(identity))}
                />
              </Acts>
            </tr>
          ))}
        </ListTable>
      )}
      <p className="flex flex-wrap gap-2 mt-3">
        {providers.map(({ name, label }) => (
          <Button key={name} icon={KeyRound} disabled={busy} onClick={() => void attempt(() => connect(name))}>
            Connect {label}
          </Button>
        ))}
      </p>
      {dialog}
    </section>
  )
}

/** Browsers that are asked for no second factor for a while. */
export function RememberedSection() {
  const devices = useQuery(rememberedQuery())
  if (devices.data === undefined || devices.data.length === 0) return null
  const forget = async ({ id, label }: RememberedDevice): Promise<void> => {
    await admin.rememberedDevices.forget(id)
    void queryClient.invalidateQueries({ queryKey: rememberedQuery().queryKey })
    showToast({ tone: "ok", title: "Forgotten", text: label })
  }
  return (
    <section className="setting" aria-label="Remembered browsers">
      <h2>Remembered browsers</h2>
      <p className="text-fg-2 mb-3 max-w-[60ch]">Signing in there takes no second factor.</p>
      <ListTable heads={["Browser", ["Until", "w-40"]]} acts="w-16">
        {devices.data.map((device) => (
          <tr key={device.id}>
            <td className="font-strong">{device.label}</td>
            <td className="text-fg-2">{toDate(device.expiresAt)}</td>
            <Acts>
              <IconButton icon={X} label={`Forget ${device.label}`} onClick={() => void forget(device)} />
            </Acts>
          </tr>
        ))}
      </ListTable>
    </section>
  )
}
