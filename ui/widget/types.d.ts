// What the server sends to the widget, for the type checker alone; nothing of it is shipped.

/** Text, or an element: tag, attributes, children. */
type Block = string | [string, Record<string, string>, any[]];
type Item = { text: string; supported?: boolean };
type Citation = { n: number; document: string; product: string; title: string; url: string; reviewed: boolean };
type Quote = { n: number; before: Block[]; quote: Block[]; after: Block[]; is_current: boolean };
type Hit = { title: string; url: string; excerpt: string };
type Answer = {
  id: string;
  permalink: string;
  question: string;
  language: string;
  outcome: string;
  engine: string;
  notice: string;
  choices: string[];
  causes: Item[];
  steps: Item[];
  explanation: Item[];
  citations: Citation[];
  related: Hit[];
  markdown: string;
  conversation: string;
  feedback_token: string;
  masked: boolean;
  blocks: {
    summary: Block[];
    causes: Block[][];
    steps: Block[][];
    explanation: Block[][];
    body: Block[];
    quotes: Quote[];
  };
};
type Site = {
  title: string;
  language: string;
  colour: string;
  url_pattern: string;
  products: string[];
  examples: Record<string, string[]>;
  texts: Record<string, Record<string, string>>;
};
type Child = Node | string | null | false | undefined;
