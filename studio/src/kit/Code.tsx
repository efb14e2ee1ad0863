import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";

// Each language is loaded when there is text of it.
const LANGUAGES: Record<string, (() => Promise<Extension>) | undefined> = {
  python: async () => (await import("@codemirror/lang-python")).python(),
  yaml: async () => (await import("@codemirror/lang-yaml")).yaml(),
};
const colours = syntaxHighlighting(
  HighlightStyle.define([
    { tag: [tags.keyword, tags.bool, tags.null], color: "var(--code-keyword)" },
    { tag: [tags.string, tags.special(tags.string)], color: "var(--code-string)" },
    { tag: tags.number, color: "var(--code-number)" },
    { tag: tags.comment, color: "var(--code-comment)" },
    { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--code-name)" },
  ]),
);

/** Text to read and copy, in the colours of its language. */
export default function Code(props: { text: string; language: string; label: string }) {
  const at = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const language = new Compartment();
    let gone = false;
    const view = new EditorView({
      parent: at.current!,
      state: EditorState.create({
        doc: props.text,
        extensions: [
          EditorState.readOnly.of(true),
          EditorView.editable.of(false),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": props.label, tabindex: "0", role: "textbox", "aria-multiline": "true", "aria-readonly": "true" }),
          lineNumbers(),
          colours,
          language.of([]),
        ],
      }),
    });
    void LANGUAGES[props.language]?.().then((found) => {
      if (!gone) view.dispatch({ effects: language.reconfigure(found) });
    });
    return () => {
      gone = true;
      view.destroy();
    };
  }, [props.text, props.language, props.label]);
  return <div className="code" ref={at} />;
}
