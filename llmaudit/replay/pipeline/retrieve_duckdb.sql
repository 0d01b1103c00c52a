-- The documents nearest to a vector: every one is looked at, so the answer is exact.
-- in: documents (id, text, embedding)   out: the k nearest, the nearest first   params: vector, k
select
    id,
    text
from documents
order by list_cosine_similarity(embedding, cast($vector as float[])) desc nulls last, id
limit $k
