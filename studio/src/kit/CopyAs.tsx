import { Button } from "@fluentui/react-components";
import { CodeRegular } from "@fluentui/react-icons/svg/code";
import { lazy, Suspense, useState } from "react";

import { useKeys } from "../app/keys";
import { useT } from "../i18n";

const Copies = lazy(() => import("./Copies"));

/** An object in the words of each client. */
export function CopyAs({ ws, kind, name }: { ws: string; kind: string; name: string }) {
  const t = useT();
  const [open, setOpen] = useState(false);
  useKeys({ y: () => setOpen(true) });
  return (
    <>
      <Button icon={<CodeRegular />} onClick={() => setOpen(true)}>
        {t("copy.as")}
      </Button>
      <Suspense>
        {open && <Copies ws={ws} kind={kind} name={name} close={() => setOpen(false)} />}
      </Suspense>
    </>
  );
}

