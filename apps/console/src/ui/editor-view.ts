import { defaultKeymap, history, historyKeymap } from "@codemirror/commands"
import { json, jsonParseLinter } from "@codemirror/lang-json"
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language"
import { linter } from "@codemirror/lint"
import { EditorState, type Extension } from "@codemirror/state"
import { drawSelection, EditorView, keymap, lineNumbers } from "@codemirror/view"
import { tags } from "@lezer/highlight"

export interface EditorHandle {
  focus(): void
  replace(value: string): void
  close(): void
}

interface EditorOptions {
  readonly value: string
  readonly language: "json" | "text"
  readonly label: string
  readonly onChange: (value: string) => void
  readonly onSubmit: () => void
}

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--syn-key)" },
  { tag: tags.string, color: "var(--syn-string)" },
  { tag: tags.number, color: "var(--syn-number)" },
  { tag: [tags.bool, tags.null], color: "var(--syn-bool)" },
])

// The same metrics as the still text in its place.
const look = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", backgroundColor: "transparent" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { font: "430 12px/20px var(--font-mono)", letterSpacing: "-0.01em", overflow: "auto" },
  ".cm-content": { padding: "10px 0", caretColor: "var(--chalk)" },
  ".cm-line": { padding: "0 16px 0 0" },
  ".cm-gutters": { background: "transparent", border: "none", color: "var(--text-3)" },
  ".cm-lineNumbers .cm-gutterElement": { width: "44px", minWidth: "44px", padding: "0 14px 0 0" },
  ".cm-cursor": { borderLeftColor: "var(--chalk)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "var(--chalk-line)",
  },
  "&.cm-focused .cm-matchingBracket": { background: "var(--pressed)" },
  ".cm-tooltip": { background: "var(--raised)", border: "1px solid var(--joint-strong)", color: "var(--text)" },
  ".cm-diagnostic": { font: "430 12px/18px var(--font-sans)", borderLeftColor: "var(--bad)" },
})

/**
 * Opens an editor inside a shadow root. There its styles are constructed style sheets; in the page they would be a
 * style element, which the content security policy refuses.
 */
export function openEditor(host: HTMLElement, options: EditorOptions): EditorHandle {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" })
  const language: Extension =
    options.language === "json" ? [json(), linter(jsonParseLinter(), { delay: 300 })] : EditorView.lineWrapping
  const submit = keymap.of([
    {
      key: "Mod-Enter",
      run: () => {
        options.onSubmit()
        return true
      },
    },
  ])
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: options.value,
      extensions: [
        submit,
        lineNumbers(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        // Tab is left to move the focus on.
        keymap.of([...defaultKeymap, ...historyKeymap]),
        language,
        syntaxHighlighting(colours),
        look,
        EditorView.contentAttributes.of({ "aria-label": options.label }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) options.onChange(update.state.doc.toString())
        }),
      ],
    }),
  })
  return {
    focus: () => view.focus(),
    replace(value) {
      const old = view.state.doc.toString()
      if (value !== old) view.dispatch({ changes: { from: 0, to: old.length, insert: value } })
    },
    close: () => view.destroy(),
  }
}
