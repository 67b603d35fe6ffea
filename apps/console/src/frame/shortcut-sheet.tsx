import { useSyncExternalStore } from "react"
import { actionSnapshot, actions } from "../actions.ts"
import { useStore } from "../model/external.ts"
import { prefs } from "../prefs.ts"
import { Dialog } from "../ui/dialog.tsx"
import { Keys } from "../ui/tooltip.tsx"
import { overlay } from "./overlay.ts"

/** Every key that does something on this screen. */
export function ShortcutSheet() {
  const list = useSyncExternalStore(actions.subscribe, actionSnapshot)
  const { letters } = useStore(prefs)
  const withKeys = list.filter((action) => action.keys !== undefined)
  const unique = [...new Map(withKeys.map((action) => [action.keys, action])).values()]
  return (
    <Dialog title="Shortcuts" onClose={() => overlay.set(null)} className="dialog wide">
      <div className="dialog-body">
        {!letters && <p className="hint">Shortcuts of one letter are off. Settings, General turns them on.</p>}
        <div className="grid sm:grid-cols-2 gap-x-8">
          {(["Do", "Go to"] as const).map((group) => (
            <section key={group} aria-label={group}>
              <h3 className="text-xs text-fg-3 font-normal pb-1">{group}</h3>
              <ul>
                {unique
                  .filter((action) => action.group === group)
                  .map((action) => (
                    <li key={action.id} className="flex items-center gap-3 h-8 border-t border-joint">
                      <span className="cut grow">{action.title}</span>
                      <span className="visually-hidden">{action.keys}</span>
                      <Keys keys={action.keys ?? ""} />
                    </li>
                  ))}
              </ul>
            </section>
          ))}
        </div>
      </div>
    </Dialog>
  )
}
