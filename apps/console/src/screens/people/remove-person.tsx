import { useMutation } from "@tanstack/react-query"
import { showToast } from "../../toasts.ts"
import { FormDialog } from "../../ui/dialog.tsx"
import { messageOf } from "../../ui/state.tsx"
import { type Membership, useMyId } from "./people-table.tsx"

interface RemovePersonProps {
  readonly member: Membership<string>
  /** Which place one leaves: "the organization". */
  readonly place: string
  /** What of the place they see no more. */
  readonly loses: string
  readonly remove: () => Promise<void>
  /** After it; `isMe` when one has left oneself. */
  readonly onRemoved: (isMe: boolean) => void | Promise<void>
  readonly onClose: () => void
}

/** Ends a membership, one's own or another's. */
export function RemovePerson({ member, place, loses, remove, onRemoved, onClose }: RemovePersonProps) {
  const isMe = useMyId() === member.userId
  const end = useMutation({
    mutationFn: remove,
    onSuccess: async () => {
      onClose()
      await onRemoved(isMe)
      showToast({ tone: "ok", title: isMe ? "You have left" : `${member.name} is no member any more` })
    },
  })
  return (
    <FormDialog
      title={isMe ? `Leave ${place}` : `Remove ${member.name}`}
      submit={isMe ? "Leave" : "Remove member"}
      danger
      busy={end.isPending}
      error={end.error ? messageOf(end.error) : undefined}
      onSubmit={() => end.mutate()}
      onClose={onClose}
    >
      <p className="text-fg-2">
        {isMe ? "You see" : `${member.email} sees`} {loses} from then on. What was made stays.
      </p>
    </FormDialog>
  )
}
