import type { Organization, OrgMember } from "@ashlar/sdk"
import { useMutation, useQuery } from "@tanstack/react-query"
import { useState } from "react"
import { orgMembersQuery, refreshOrg } from "../../queries.ts"
import { admin } from "../../session.ts"
import { showToast } from "../../toasts.ts"
import { Button } from "../../ui/button.tsx"
import { FormDialog } from "../../ui/dialog.tsx"
import { Select } from "../../ui/form.tsx"
import { messageOf } from "../../ui/state.tsx"
import { useMyId } from "../people/people-table.tsx"

/** Another owner in one's own place. */
export function HandOver({ o, org }: { readonly o: string; readonly org: Organization }) {
  const members = useQuery(orgMembersQuery(o))
  const [asking, setAsking] = useState(false)
  const isAlone = members.data?.items.length === 1
  return (
    <section className="setting" aria-label="Hand the organization over">
      <h2>Hand the organization over</h2>
      <p className="text-fg-2 mb-3 max-w-[60ch]">
        {isAlone
          ? "Nobody else is in it. Invite whoever is to own it first."
          : "A member owns it then in your place, with all of its projects. You are an admin of it."}
      </p>
      <Button disabled={members.data === undefined || isAlone} onClick={() => setAsking(true)}>
        Hand over…
      </Button>
      {asking && members.data && (
        <HandOverDialog o={o} org={org} members={members.data.items} onClose={() => setAsking(false)} />
      )}
    </section>
  )
}

interface HandOverDialogProps {
  readonly o: string
  readonly org: Organization
  readonly members: readonly OrgMember[]
  readonly onClose: () => void
}

function HandOverDialog({ o, org, members, onClose }: HandOverDialogProps) {
  const me = useMyId()
  const others = members.filter(({ userId }) => userId !== me)
  const [to, setTo] = useState(others[0]?.userId ?? "")
  const chosen = others.find(({ userId }) => userId === to)
  const give = useMutation({
    mutationFn: () => admin.organizations.handOver(o, to),
    onSuccess: () => {
      refreshOrg(o)
      showToast({ tone: "ok", title: `${chosen?.name} owns ${org.name}`, text: "You are an admin of it" })
      onClose()
    },
  })
  return (
    <FormDialog
      title={`Hand ${org.name} over`}
      submit="Hand over"
      danger
      busy={give.isPending}
      disabled={chosen === undefined}
      error={give.error ? messageOf(give.error) : undefined}
      onSubmit={() => give.mutate()}
      onClose={onClose}
    >
      <Select
        label="Its owner from now on"
        value={to}
        choices={others.map(({ userId, name, email }) => [userId, `${name}, ${email}`] as const)}
        onChange={setTo}
      />
      <p className="text-fg-2">Only they can make you an owner again, or delete the organization.</p>
    </FormDialog>
  )
}
