// The page: which view its address asks for.
import './style/tokens.css';
import './style/base.css';
import './style/parts.css';
import './style/drawings.css';
import './style/data.css';
import { render, type ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { place } from './route.js';
import { Shell } from './shell.js';
import { ComparePage } from './pages/compare/compare-page.js';
import { DatasetPage } from './pages/dataset/dataset-page.js';
import { DatasetsPage } from './pages/datasets/datasets-page.js';
import { JobPage } from './pages/job/job-page.js';
import { JobsPage } from './pages/jobs/jobs-page.js';
import { ModelPage } from './pages/model/model-page.js';
import { ModelsPage } from './pages/models/models-page.js';
import { NewJobPage } from './pages/new-job/new-job-page.js';
import { SystemPage } from './pages/system/system-page.js';

function view(): ComponentChildren {
  const [room = 'jobs', id, part] = place.value.path;
  if (room === 'jobs') {
    if (id === undefined) return <JobsPage />;
    if (id === 'new') return <NewJobPage />;
    return <JobPage key={id} id={id} part={part} />;
  }
  if (room === 'compare') return <ComparePage />;
  if (room === 'datasets') return id === undefined ? <DatasetsPage /> : <DatasetPage key={id} id={id} />;
  if (room === 'models') return id === undefined ? <ModelsPage /> : <ModelPage key={id} id={id} part={part} />;
  if (room === 'system') return <SystemPage />;
  return <div class="empty"><h1>There is no such page</h1><p>The address leads nowhere: <code>{room}</code>.</p></div>;
}

function Page() {
  const shown = place.value.path.join('/');
  // A new page begins at its top; its name is in the title of the window, set by the page itself.
  useEffect(() => scrollTo(0, 0), [shown]);
  return <Shell>{view()}</Shell>;
}

render(<Page />, document.getElementById('app')!);
