import { type AddedFactor, type AppEnrolment, makePasskey } from "@ashlar/sdk"
import { useMutation } from "@tanstack/react-query"
import { Check, Copy, TriangleAlert } from "lucide-react"
import { useState } from "react"
import { passkeyProblem } from "../../model/passkeys.ts"
import { admin } from "../../session.ts"
import { Button, CopyIcon, copyText } from "../../ui/button.tsx"
import { Dialog, FormDialog } from "../../ui/dialog.tsx"
import { Field } from "../../ui/form.tsx"
import { messageOf } from "../../ui/state.tsx"

interface AddProps {
  readonly onDone: (added: AddedFactor) => void
  readonly onClose: () => void
}

/** The picture for the app, and its first code. */
export function AddApp({ enrolment, onDone, onClose }: AddProps & { readonly enrolment: AppEnrolment }) {
  const { factorId, qrSvg, secret } = enrolment
  const [code, setCode] = useState("")
  const [label, setLabel] = useState("")
  const confirm = useMutation({
    mutationFn: () => admin.factors.confirmApp({ factorId, code, ...(label.trim() !== "" && { label: label.trim() }) }),
    onSuccess: onDone,
  })
  const spaced = secret.match(/.{1,4}/g)?.join(" ") ?? secret
  return (
    <FormDialog
      title="Add an authenticator app"
      submit="Add the app"
      busy={confirm.isPending}
      disabled={code.trim() === ""}
      error={confirm.error ? messageOf(confirm.error) : undefined}
      onSubmit={() => confirm.mutate()}
      onClose={onClose}
    >
      <p className="text-fg-2">Scan the picture with the app, and type the code that it shows.</p>
      <img
        className="qr"
        src={`data:image/svg+xml,${encodeURIComponent(qrSvg)}`}
        width={176}
        height={176}
        alt="QR code for the authenticator app; the same as text is below"
      />
      <p className="flex items-center gap-1">
        <span className="mono text-sm break-all" data-secret="">
          {spaced}
        </span>
        <CopyIcon text={secret} label="Copy the secret for the app" />
      </p>
      <Field
        mono
        label="Code"
        name="code"
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={16}
        autoFocus
        value={code}
        onChange={(event) => setCode(event.target.value)}
      />
      <Field
        label="Name"
        name="label"
        maxLength={100}
        placeholder="Authenticator app"
        autoComplete="off"
        value={label}
        onChange={(event) => setLabel(event.target.value)}
      />
    </FormDialog>
  )
}

/** Asks for a name, then lets the browser make the passkey. */
export function AddPasskey({
  options,
  onDone,
  onClose,
}: AddProps & { readonly options: Readonly<Record<string, unknown>> }) {
  const [label, setLabel] = useState("")
  const add = useMutation({
    mutationFn: async () => admin.factors.addPasskey(await makePasskey(options), label.trim() || "Passkey"),
    onSuccess: onDone,
  })
  return (
    <FormDialog
      title="Add a passkey"
      submit="Make the passkey"
      busy={add.isPending}
      error={add.error ? passkeyProblem(add.error) : undefined}
      onSubmit={() => add.mutate()}
      onClose={onClose}
    >
      <p className="text-fg-2">
        Your device asks for your finger, face or PIN. A passkey signs you in without a password, and nobody can talk
        you out of it: it works on this site only.
      </p>
      <Field
        label="Name"
        name="label"
        maxLength={100}
        placeholder="Laptop, security key …"
        autoComplete="off"
        autoFocus
        value={label}
        onChange={(event) => setLabel(event.target.value)}
      />
    </FormDialog>
  )
}

/** The only time they are seen. It cannot be closed by accident: they must be copied, or said to be kept. */
export function RecoveryCodes({ codes, onClose }: { readonly codes: readonly string[]; readonly onClose: () => void }) {
  const [copied, setCopied] = useState(false)
  const [kept, setKept] = useState(false)
  const canClose = copied || kept
  return (
    <Dialog title="Your recovery codes" dismissible={canClose} onClose={onClose}>
      <div className="dialog-body">
        <div className="notice warn">
          <TriangleAlert className="i" />
          <span>This is the only time they are shown. Keep them where you find them without your devices.</span>
        </div>
        <ul className="codes mono" aria-label="Recovery codes">
          {codes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ul>
        <p className="hint">Each signs you in once, in place of an app or a passkey.</p>
        <label className="flex items-center gap-2 text-fg-2">
          <input type="checkbox" checked={kept} onChange={(event) => setKept(event.target.checked)} />I have kept them
          somewhere safe
        </label>
      </div>
      <div className="dialog-foot">
        <Button
          autoFocus
          look={canClose ? undefined : "ink"}
          icon={copied ? Check : Copy}
          onClick={() => void copyText(codes.join("\n")).then(() => setCopied(true))}
        >
          {copied ? "Copied" : "Copy the codes"}
        </Button>
        <Button look={canClose ? "ink" : undefined} disabled={!canClose} onClick={onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  )
}
