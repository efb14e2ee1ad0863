import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Tab,
  TabList,
} from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";

import * as queries from "../api/queries";
import { useT } from "../i18n";
import { useFocusBack } from "./focus";
import { Loading, Problem } from "./states";

const Code = lazy(() => import("./Code"));
const NAMES: Record<string, string> = {
  sdk: "SDK",
  cli: "CLI",
  yaml: "YAML",
  rest: "REST",
  mlflow: "MLflow",
};

export default function Copies(props: { ws: string; kind: string; name: string; close: () => void }) {
  const t = useT();
  useFocusBack();
  const { data, error, refetch } = useQuery(queries.copies(props.ws, props.kind, props.name));
  const [chosen, setChosen] = useState("");
  const [copied, setCopied] = useState(false);
  const shown = data?.copies.find((one) => one.id === chosen) ?? data?.copies[0];
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && props.close()}>
      <DialogSurface className="wide">
        <DialogBody>
          <DialogTitle>{t("copy.as")}</DialogTitle>
          <DialogContent>
            {error ? (
              <Problem error={error} retry={() => void refetch()} />
            ) : !data || !shown ? (
              <Loading />
            ) : (
              <>
                <TabList
                  selectedValue={shown.id}
                  onTabSelect={(_, { value }) => {
                    setChosen(String(value));
                    setCopied(false);
                  }}
                >
                  {data.copies.map((one) => (
                    <Tab key={one.id} value={one.id}>
                      {NAMES[one.id] ?? one.id}
                    </Tab>
                  ))}
                </TabList>
                <Suspense fallback={<Loading />}>
                  <Code text={shown.text} language={shown.language} label={NAMES[shown.id] ?? ""} />
                </Suspense>
              </>
            )}
          </DialogContent>
          <DialogActions>
            <Button
              appearance="primary"
              disabled={!shown}
              onClick={async () => {
                await navigator.clipboard.writeText(shown?.text ?? "");
                setCopied(true);
              }}
            >
              {copied ? t("copied") : t("copy")}
            </Button>
            <Button onClick={props.close}>{t("close")}</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
