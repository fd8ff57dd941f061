-- Enqueueing as fast as an insert: workers say when they sleep, so that nobody else's commit waits for notifications.

alter table fleet.worker add column says_when_it_sleeps boolean not null default false;
comment on column fleet.worker.says_when_it_sleeps is
    'It holds a lock while it sleeps (fleet.fall_asleep); false for workers of a release that did not, which are notified of everything.';
