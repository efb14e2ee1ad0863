import { json } from "@codemirror/lang-json";
import { python } from "@codemirror/lang-python";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";

const LANGUAGES = { python, yaml, json } as Record<string, (() => ReturnType<typeof json>) | undefined>;
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
    const language = LANGUAGES[props.language];
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
          ...(language ? [language()] : []),
        ],
      }),
    });
    return () => view.destroy();
  }, [props.text, props.language, props.label]);
  return <div className="code" ref={at} />;
}
