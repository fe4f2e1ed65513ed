INSERT INTO contact_log (id, version, created_at, created_by, updated_at, updated_by, owner, opportunity, customer, contacted_at, method, conclusion, next_action, substance, substantive, complete, quality) SELECT :id1, 1, :now, o.owner, :now, o.owner, o.owner, o.id, o.customer, :now, 1, :text, '周五前发报价单', 60, 1, 1, 65 FROM opportunity AS o WHERE o.id = :key;
INSERT INTO bench_words (rowid, text) VALUES (last_insert_rowid(), :text);
INSERT INTO change (object, record, version, field, old, new, at, "by", via) SELECT 102, :id1, 1, 0, NULL, NULL, :now, o.owner, 'api' FROM opportunity AS o WHERE o.id = :key;
UPDATE opportunity SET last_contact_at = :now, stalled_since = :now WHERE id = :key;
UPDATE customer SET last_contact_at = :now WHERE id = (SELECT customer FROM opportunity WHERE id = :key);
UPDATE timer SET since_at = :now, level = 1, due_at = :now + 172800000 WHERE record = :key
