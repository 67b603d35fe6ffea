import { Dialog as Radix } from "radix-ui"
import { type FormEvent, type ReactNode, useId, useState } from "react"
import { Button } from "./button.tsx"

interface DialogProps {
  title: string
  onClose: () => void
  /** False: neither Esc nor a press beside it closes it. */
  dismissible?: boolean
  children: ReactNode
  className?: string
  /** Without a visible head; the title is still its name. */
  bare?: boolean
}

/** Something that must be answered before anything else. The scrim is ours: Radix' own would need inline styles. */
export function Dialog({ title, onClose, dismissible = true, children, className = "dialog", bare }: DialogProps) {
  const hold = (event: Event): void => {
    if (!dismissible) event.preventDefault()
  }
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <div className="scrim" />
        <Radix.Content
          className={className}
          data-modal=""
          aria-describedby={undefined}
          onEscapeKeyDown={hold}
          onInteractOutside={hold}
        >
          <div className={bare ? "visually-hidden" : "dialog-head"}>
            <Radix.Title>{title}</Radix.Title>
          </div>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

interface FormDialogProps extends Omit<DialogProps, "children"> {
  submit: string
  danger?: boolean
  busy?: boolean
  disabled?: boolean
  onSubmit: () => void
  error?: string | undefined
  children: ReactNode
}

/** A dialog that asks for something and does one thing with it. */
export function FormDialog({ submit, danger, busy, disabled, onSubmit, error, children, ...dialog }: FormDialogProps) {
  const send = (event: FormEvent): void => {
    event.preventDefault()
    if (!busy && !disabled) onSubmit()
  }
  return (
    <Dialog {...dialog}>
      <form onSubmit={send} noValidate>
        <div className="dialog-body">
          {children}
          {error !== undefined && (
            <p className="wrong" role="alert">
              {error}
            </p>
          )}
        </div>
        <div className="dialog-foot">
          <Button look="quiet" onClick={dialog.onClose} keys="Escape">
            Cancel
          </Button>
          <Button
            type="submit"
            look={danger ? "danger-solid" : "ink"}
            busy={busy === true}
            disabled={disabled === true}
          >
            {submit}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

/** Asks to type a name before something that cannot be taken back. */
export function TypedConfirm({
  title,
  name,
  submit,
  busy,
  error,
  onConfirm,
  onClose,
  children,
}: {
  title: string
  name: string
  submit: string
  busy: boolean
  error?: string | undefined
  onConfirm: () => void
  onClose: () => void
  children: ReactNode
}) {
  const [typed, setTyped] = useState("")
  const id = useId()
  return (
    <FormDialog
      title={title}
      submit={submit}
      danger
      busy={busy}
      error={error}
      disabled={typed !== name}
      onSubmit={onConfirm}
      onClose={onClose}
    >
      {children}
      <label className="label" htmlFor={id}>
        Type <span className="mono">{name}</span> to go on
        <input
          id={id}
          className="field mono"
          value={typed}
          autoComplete="off"
          onChange={(e) => setTyped(e.target.value)}
        />
      </label>
    </FormDialog>
  )
}
